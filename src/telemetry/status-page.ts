import { createHash } from 'node:crypto';
import type { ClusterDocument, StatusDocument } from '../contract/ops-documents.ts';
import { printable } from '../model/printable.ts';

const STYLE = `
body{font:14px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:80rem;padding:0 1rem;color:#1c2733;background:#fff}
h1{font-size:1.3rem}h2{font-size:1rem;margin-top:2rem}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid #dde3ea;vertical-align:top}
th{font-weight:600;color:#5a6775;white-space:nowrap}.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}td:last-child{width:45%}
.s{font-weight:600;white-space:nowrap}.InSync{color:#146c3c}.Connecting,.ResyncInProgress{color:#8a5a00}.NotConnecting,.ConfigIncomplete{color:#b3261e}
.m{color:#5a6775}
@media(prefers-color-scheme:dark){body{background:#12181f;color:#dfe6ee}th,td{border-color:#2b3642}th,.m{color:#93a1b0}.InSync{color:#5fd08d}.Connecting,.ResyncInProgress{color:#e5b04b}.NotConnecting,.ConfigIncomplete{color:#ff8a80}a{color:#8ab4f8}}
`;

/** Nothing but the page's own style may load or run, whatever a remote wrote into its data. */
export const STATUS_PAGE_CSP = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** The status page: one HTML document without scripts, images or links to elsewhere, that loads itself again. */
export function statusPage(status: StatusDocument): string {
  const inSync = status.clusters.filter((cluster) => cluster.status === 'InSync').length;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="5">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>fedsyncd: ${inSync} of ${status.clusters.length} in sync</title>
<style>${STYLE}</style></head><body>
<h1>fedsyncd: ${inSync} of ${status.clusters.length} remote clusters in sync</h1>
<p class="m">Version ${escape(status.version)}, index revision ${status.revision}, ${status.ready ? 'ready' : `not ready: waiting for ${escape(status.waitingFor.join(', '))}`}, at ${escape(status.time)}.</p>
${clusterTable(status.clusters)}
${list(
  'Sources',
  status.sources.flatMap(({ name, reason, message, rejected }) => [
    `${name}: ${[reason, message].filter((text) => text !== null && text !== '').join(': ') || 'well'}`,
    ...rejected.map(({ origin, problem }) => `${name}: rejected ${origin}: ${problem}`),
  ]),
)}
${list(
  'Conflicts',
  status.conflicts.map(({ name, used, ignored }) => `${name}: ${used} is used, ${ignored} is ignored`),
)}
${list(
  'Overlapping pools',
  status.overlaps.map(
    (o) => `${o.cluster}/${o.pool} ${o.cidr} overlaps ${o.otherCluster}/${o.otherPool} ${o.otherCidr}`,
  ),
)}
<p class="m">Where an address comes from: <code>/explain?ip=ADDRESS</code>. More: <a href="/status">/status</a> · <a href="/metrics">/metrics</a> · <a href="/readiness">/readiness</a></p>
</body></html>
`;
}

function clusterTable(clusters: readonly ClusterDocument[]): string {
  if (clusters.length === 0) return '<p>No remote cluster is configured.</p>';
  const numbers = ['Last contact', 'Endpoints', 'Services'].map((text) => `<th class="n">${text}</th>`);
  return `<table><thead><tr><th>Name</th><th>Type</th><th>Status</th><th>Reason</th>${numbers.join('')}<th>Message</th></tr></thead><tbody>
${clusters.map(clusterRow).join('\n')}
</tbody></table>`;
}

function clusterRow(cluster: ClusterDocument): string {
  const { counts } = cluster;
  const details = [
    cluster.message,
    ...cluster.notes,
    ...cluster.skipped.map((s) => `skipped ${s.where}: ${s.reason}`),
  ];
  return [
    `<tr><td>${escape(cluster.name)}</td><td>${escape(cluster.datastoreType ?? '–')}</td>`,
    `<td class="s ${cluster.status}">${cluster.status}</td><td>${cluster.reason}</td><td class="n">${lastContact(cluster)}</td>`,
    `<td class="n">${counts.workloadEndpoints + counts.hostEndpoints}</td><td class="n">${counts.services ?? '–'}</td>`,
    `<td>${details.map(escape).join('<br>')}</td></tr>`,
  ].join('');
}

function lastContact({ dataAge, stale }: ClusterDocument): string {
  if (dataAge === null) return 'never';
  const minutes = Math.floor(dataAge / 60);
  const age =
    minutes < 2
      ? `${Math.round(dataAge)} s`
      : minutes < 120
        ? `${minutes} min`
        : `${Math.floor(minutes / 60)} h`;
  return `${age} ago${stale ? ' (stale)' : ''}`;
}

function list(title: string, items: readonly string[]): string {
  if (items.length === 0) return '';
  return `<h2>${title}</h2><ul>${items.map((item) => `<li>${escape(item)}</li>`).join('')}</ul>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escape(text: string): string {
  return printable(text).replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
