// A source beside the answer: what it is, the cited passage with the cited words marked, and the way to the original.
import { useEffect, useRef } from 'react'
import { useSetRecoilState } from 'recoil'
import { sideViewState } from '@chainlit/react-client'

export default function Source() {
  const setSideView = useSetRecoilState(sideViewState)
  const panel = useRef(null)
  const { source, excerpts, claim, opener } = props

  useEffect(() => {
    panel.current?.focus({ preventScroll: true })
    panel.current?.querySelector('mark')?.scrollIntoView({ block: 'nearest' })
    // However the panel is closed, the keyboard goes on at the marker that opened it.
    return () =>
      setTimeout(() => document.activeElement === document.body && document.getElementById(opener)?.focus())
  }, [])

  const close = () => setSideView(undefined)

  return (
    <section
      ref={panel}
      tabIndex={-1}
      className="cw-source"
      aria-label={`Source ${source.number}`}
      onKeyDown={(event) => event.key === 'Escape' && close()}
    >
      <header className="cw-source-head">
        <div>
          <h2>{source.title}</h2>
          {source.concern && <p className={`cw-status cw-${source.concern}`}>{source.status}</p>}
        </div>
        <button type="button" className="cw-close" onClick={close} aria-label="Close source">
          ×
        </button>
      </header>

      <dl className="cw-card">
        <dt>Kind</dt>
        <dd>
          {[source.kind, source.publisher, source.year].filter(Boolean).join(', ')}
        </dd>
        <dt>Evidence</dt>
        <dd>{source.level}</dd>
        <dt>Status</dt>
        <dd>{source.status}</dd>
        {source.identifiers.length > 0 && <dt>Identifier</dt>}
        {source.identifiers.length > 0 && <dd>{source.identifiers.join(' · ')}</dd>}
      </dl>

      {source.url && (
        <a className="cw-original" href={source.url} target="_blank" rel="noopener noreferrer">
          Open the original at {source.host}
          <span aria-hidden="true"> ↗</span>
          <span className="cw-unseen"> (opens in a new tab)</span>
        </a>
      )}

      <h3>Cited words, in their passage</h3>
      {excerpts.map((excerpt, at) => (
        <figure key={at} className="cw-excerpt">
          {excerpt.where && <figcaption>{excerpt.where}</figcaption>}
          <blockquote>
            {excerpt.segments.map((segment, number) =>
              segment.marked ? <mark key={number}>{segment.text}</mark> : <span key={number}>{segment.text}</span>
            )}
          </blockquote>
        </figure>
      ))}

      <h3>Check</h3>
      <p className="cw-facts">Support of the sentence by these words: {claim.support} of 1.00</p>
      {claim.findings.length > 0 && (
        <ul className="cw-findings">
          {claim.findings.map((finding, at) => (
            <li key={at}>{finding}</li>
          ))}
        </ul>
      )}
    </section>
  )
}
