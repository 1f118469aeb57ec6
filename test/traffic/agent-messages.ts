/** What the test asks the process inside a namespace for; `forward` comes with a socket and is not answered. */
export type AgentRequest =
  | { readonly ask: 'connect'; readonly ip: string; readonly port: number; readonly timeoutMs: number }
  | { readonly ask: 'listen'; readonly ip: string; readonly port: number; readonly name: string }
  | { readonly ask: 'close'; readonly ip: string; readonly port: number }
  | { readonly ask: 'forward'; readonly port: number };

export type NumberedRequest = AgentRequest & { readonly id: number };

/** `answer` is what the far side said, or an error code; `failure` says why a request could not be carried out. */
export interface AgentReply {
  readonly id: number;
  readonly answer?: string;
  readonly failure?: string;
}
