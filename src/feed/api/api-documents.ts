import type { FeedView } from '../feed-object.ts';
import {
  aggregatedDiscovery,
  apiGroup,
  apiGroupList,
  apiResourceList,
  apiVersions,
  GROUP_VERSIONS,
} from './discovery.ts';
import { openApiPath, openApiV2, openApiV3 } from './open-api-paths.ts';
import { swaggerProtobuf } from '../objects/open-api-protobuf.ts';
import { type DocumentForm, SWAGGER_PROTOBUF_TYPE } from './negotiation.ts';
import { jsonDocument, staticDocument, type StaticDocument } from './static-document.ts';

/** The Kubernetes release whose behaviour the feed has: clients look at it to choose theirs. kubectl warns beyond one release of difference. */
const KUBERNETES_MINOR = 35;
const OTHER_PATHS = ['/', '/healthz', '/livez', '/openapi/v3', '/readyz'];
const AGGREGATED_TYPE = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** What the feed says of itself: discovery, OpenAPI, version. Each document is made when it is first asked for, and kept. */
export class ApiDocuments {
  readonly #made = new Map<string, StaticDocument>();
  readonly #makers: ReadonlyMap<string, () => StaticDocument>;
  readonly #version: string;

  /** `version` of fedsyncd. */
  constructor(version: string) {
    this.#version = version;
    this.#makers = new Map(makersOf(version));
  }

  /** undefined = there is none. Where a path has no other form than JSON, that is what `form` comes to. */
  find(path: string, view: FeedView, form: DocumentForm): StaticDocument | undefined {
    if (path === '/openapi/v3') return this.#openApiIndex(view);
    if (form === 'protobuf' && path === '/openapi/v2') {
      return this.#once(`${path} protobuf`, () =>
        staticDocument(swaggerProtobuf(openApiV2(this.#version)), SWAGGER_PROTOBUF_TYPE),
      );
    }
    if (form === 'aggregated' && (path === '/api' || path === '/apis')) {
      return this.#once(`${path} aggregated`, () =>
        jsonDocument(aggregatedDiscovery(path === '/api'), AGGREGATED_TYPE),
      );
    }
    return this.#find(path);
  }

  #find(path: string): StaticDocument | undefined {
    const make = this.#makers.get(path);
    return make && this.#once(path, make);
  }

  /** Leads to the documents of the same view; the hash in each address lets clients keep them for good. */
  #openApiIndex(view: FeedView): StaticDocument {
    const prefix = view.view === 'merged' ? '' : `/clusters/${encodeURIComponent(view.cluster)}`;
    const paths = GROUP_VERSIONS.map((groupVersion) => {
      const path = openApiPath(groupVersion);
      const hash = this.#find(`/openapi/v3/${path}`)?.etag.slice(1, -1) ?? '';
      return [path, { serverRelativeURL: `${prefix}/openapi/v3/${path}?hash=${hash}` }] as const;
    });
    return jsonDocument({ paths: Object.fromEntries(paths) });
  }

  #once(key: string, make: () => StaticDocument): StaticDocument {
    const known = this.#made.get(key);
    if (known) return known;
    const made = make();
    this.#made.set(key, made);
    return made;
  }
}

type Maker = readonly [path: string, make: () => StaticDocument];

function makersOf(version: string): readonly Maker[] {
  const makers: Maker[] = [
    ['/version', () => jsonDocument(versionInfo(version))],
    ['/api', () => jsonDocument(apiVersions())],
    ['/apis', () => jsonDocument(apiGroupList())],
    ['/openapi/v2', () => jsonDocument(openApiV2(version))],
  ];
  for (const groupVersion of GROUP_VERSIONS) {
    const path = openApiPath(groupVersion);
    makers.push([`/${path}`, () => jsonDocument(apiResourceList(groupVersion))]);
    makers.push([`/openapi/v3/${path}`, () => jsonDocument(openApiV3(groupVersion, version))]);
    if (groupVersion.group === '') continue;
    makers.push([`/apis/${groupVersion.group}`, () => jsonDocument(apiGroup(groupVersion))]);
  }
  const paths = [...makers.map(([path]) => path), ...OTHER_PATHS].sort();
  return [...makers, ['/', () => jsonDocument({ paths })]];
}

function versionInfo(version: string): unknown {
  return {
    major: '1',
    minor: String(KUBERNETES_MINOR),
    gitVersion: `v1.${KUBERNETES_MINOR}.0+fedsyncd-${version}`,
    gitCommit: '',
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: '',
    compiler: '',
    platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
  };
}
