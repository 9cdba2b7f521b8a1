// An answer, as `ui/rendering.py` made it. Every text is a React child, so the browser shows it and never runs it.
import { useSetRecoilState } from 'recoil'
import { sideViewState } from '@chainlit/react-client'

const Outside = ({ url, children }) => (
  <a href={url} target="_blank" rel="noopener noreferrer" className="cw-link">
    {children}
    <span aria-hidden="true"> ↗</span>
    <span className="cw-unseen"> (opens in a new tab)</span>
  </a>
)

const Concern = ({ source }) => (
  <span className={source.concern ? `cw-status cw-${source.concern}` : 'cw-status'}>{source.status}</span>
)

const Title = ({ source }) => (
  <div>
    <span className="cw-title">{source.url ? <Outside url={source.url}>{source.title}</Outside> : source.title}</span>
    <span className="cw-facts">
      {[source.kind, source.publisher, source.grade, source.year, ...source.identifiers].filter(Boolean).join(' · ')} ·{' '}
      <Concern source={source} />
    </span>
  </div>
)

// A guideline's list is shown as one, an item a line, as its source prints it.
const Words = ({ text }) =>
  text.includes('\n') ? (
    <ul className="cw-list">
      {text.split('\n').map((line, at) => (
        <li key={at}>{line}</li>
      ))}
    </ul>
  ) : (
    text
  )

export default function Answer() {
  const setSideView = useSetRecoilState(sideViewState)
  const { read_as: readAs, read_note: readNote, notice, warnings, direction, claims, certainty, sources, rationale, steps, made_by: madeBy } = props
  const { nearest, nearest_heading: nearestHeading, unanswered } = props

  const open = (event, marker, claim) => {
    const opener = event.currentTarget
    opener.id = opener.id || `cw-${crypto.getRandomValues(new Uint32Array(2)).join('-')}`
    const source = sources[marker.number - 1]
    setSideView({
      title: `Source [${marker.number}]`,
      elements: [
        {
          id: `${opener.id}-source`,
          type: 'custom',
          name: 'Source',
          display: 'side',
          props: { source, excerpts: marker.excerpts, claim, opener: opener.id }
        }
      ]
    })
  }

  const firstCiting = (number) => {
    for (const claim of claims) {
      const marker = claim.markers.find((one) => one.number === number)
      if (marker) return { claim, marker }
    }
    return null
  }

  const Mark = ({ marker, claim }) => (
    <button
      type="button"
      className="cw-marker"
      aria-label={`Source ${marker.number}, ${sources[marker.number - 1].kind}: ${sources[marker.number - 1].title}`}
      title={`${sources[marker.number - 1].kind}: ${sources[marker.number - 1].title}`}
      onClick={(event) => open(event, marker, claim)}
    >
      [{marker.number}]
    </button>
  )

  return (
    <article className="cw-answer" aria-label="Answer">
      {(readAs || readNote) && (
        <p className="cw-read">
          {readAs && <strong>{readAs}</strong>} {readNote && <span>{readNote}</span>}
        </p>
      )}

      {warnings.length > 0 && (
        <ul className="cw-warnings" aria-label="Warnings">
          {warnings.map((warning, at) => (
            <li key={at} className={warning.grave ? 'cw-warning cw-grave' : 'cw-warning cw-caution'}>
              <strong>
                {warning.heading}
                {warning.number > 0 && ` [${warning.number}]`}
              </strong>
              <span>{warning.text}</span>
            </li>
          ))}
        </ul>
      )}

      {notice && (
        <div className="cw-notice">
          <strong>{notice.heading}</strong>
          {notice.text && <p>{notice.text}</p>}
        </div>
      )}

      {direction && (
        <p className="cw-direction">
          <strong>{direction}</strong>
        </p>
      )}

      {claims.map((claim, at) => (
        <div key={at} className="cw-claim">
          {claim.context && <span className="cw-context">[{claim.context}] </span>}
          <Words text={claim.text} />{' '}
          {claim.markers.map((marker) => (
            <Mark key={marker.number} marker={marker} claim={claim} />
          ))}
        </div>
      ))}

      {unanswered.map((part, at) => (
        <p key={at} className="cw-notice">
          <strong>{part}</strong>
        </p>
      ))}

      {certainty && <p className="cw-certainty">{certainty}</p>}

      {sources.length > 0 && (
        <section className="cw-sources" aria-label="Sources">
          <h2>Sources</h2>
          <ol>
            {sources.map((source) => {
              const cited = firstCiting(source.number)
              return (
                <li key={source.number}>
                  {cited ? <Mark marker={cited.marker} claim={cited.claim} /> : <span>[{source.number}]</span>}
                  <Title source={source} />
                </li>
              )
            })}
          </ol>
        </section>
      )}

      {nearest.length > 0 && (
        <section className="cw-sources" aria-label="Closest documents">
          <h2>{nearestHeading}</h2>
          <ul>
            {nearest.map((source, at) => (
              <li key={at}>
                <Title source={source} />
              </li>
            ))}
          </ul>
        </section>
      )}

      {(rationale || steps.length > 0) && (
        <details className="cw-how">
          <summary>How this answer was made</summary>
          {rationale && <p>{rationale}</p>}
          {steps.length > 0 && (
            <ol>
              {steps.map((step, at) => (
                <li key={at}>{step}</li>
              ))}
            </ol>
          )}
          <p>{madeBy}</p>
        </details>
      )}
    </article>
  )
}
