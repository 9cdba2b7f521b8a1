# The image needs the network while it is built and never after: weights and starter library are in it.
ARG PYTHON=3.11.15-slim-bookworm

FROM python:${PYTHON} AS wheel
WORKDIR /src
COPY . .
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheel .


FROM python:${PYTHON}

LABEL org.opencontainers.image.title="Citewell" \
      org.opencontainers.image.description="Clinical questions answered from guidelines, literature and trials, every sentence cited to the exact words that carry it." \
      org.opencontainers.image.licenses="Apache-2.0"

# The last three are for libraries that would call home by default, or could: none may.
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    CITEWELL_HOME=/data \
    ORT_DISABLE_TELEMETRY=1 \
    HF_HUB_OFFLINE=1 \
    OTEL_SDK_DISABLED=true

# A fixed number, so that who runs the container can give a folder to it.
RUN groupadd --gid 10001 citewell \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data citewell \
    && install --directory --owner=citewell --group=citewell --mode=0750 /data

# The dependencies are a layer of their own: a new release of Citewell is a pull of a few megabytes.
WORKDIR /opt/citewell
COPY pyproject.toml constraints.txt ./
RUN python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" > requirements.txt \
    && pip install --no-cache-dir -c constraints.txt -r requirements.txt
COPY --from=wheel /wheel ./
RUN pip install --no-cache-dir --no-deps citewell-*.whl && pip check

USER citewell
WORKDIR /data
VOLUME /data
EXPOSE 8000

# The first start builds the starter library, which takes a minute or two. A client that knows no proxy: urllib would ask one.
HEALTHCHECK --interval=15s --timeout=5s --start-period=180s --retries=3 \
    CMD ["python", "-c", "from http.client import HTTPConnection; c = HTTPConnection('127.0.0.1', 8000, timeout=4); c.request('GET', '/healthz'); raise SystemExit(c.getresponse().status != 200)"]

CMD ["citewell", "serve", "--host", "0.0.0.0", "--port", "8000"]
