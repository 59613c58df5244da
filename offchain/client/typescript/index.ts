/**
 * A typed client of a Colophon service: `await connect("https://colophon.example", { token: "clp_…" })`.
 *
 * Paths, parameters and answers are those of the service's OpenAPI document (schema.d.ts, made by `make clients`).
 * It needs nothing but openapi-fetch; a viem account is a Wallet.
 */
import createClient, { type Client, type Middleware } from "openapi-fetch";

import type { components, paths } from "./schema.js";

export type Job = components["schemas"]["JobOut"];
export type Problem = components["schemas"]["Problem"];

/** An account that signs; `privateKeyToAccount` and `mnemonicToAccount` of viem give one. */
export interface Wallet {
  address: string;
  signMessage(given: { message: string }): Promise<string>;
  signTypedData(typed: never): Promise<string>;
}

/** What the service refused, under its code (docs/errors.md). */
export class ColophonError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly remedy: string,
    readonly status: number,
    readonly facts: Record<string, unknown>,
  ) {
    super(message);
    this.name = "ColophonError";
  }
}

export interface Colophon {
  /** Every operation: `api.GET("/v1/works/{work}", { params: { path: { work } } })`. */
  api: Client<paths>;
  /** Sign in with a wallet (EIP-4361); later calls are the account's until the session ends. */
  signIn(wallet: Wallet): Promise<void>;
  /** Wait until a job needs somebody or has ended well. */
  settled(job: Job, seconds?: number): Promise<Job>;
  /** Sign what a job waits for, and hand it in. */
  sign(job: Job, wallet: Wallet): Promise<Job>;
}

/** A service at a URL, and the API key or access token to send. */
export function connect(url: string, options: { token?: string } = {}): Colophon {
  let token = options.token;
  const api = createClient<paths>({ baseUrl: url.replace(/\/$/, "") });
  const speaking: Middleware = {
    onRequest({ request }) {
      if (token) request.headers.set("Authorization", `Bearer ${token}`);
      if (request.method === "POST" && !request.headers.has("Idempotency-Key")) {
        request.headers.set("Idempotency-Key", crypto.randomUUID());
      }
      return request;
    },
    async onResponse({ response }) {
      if (!response.ok) throw await told(response);
    },
  };
  api.use(speaking);

  const service: Colophon = {
    api,
    async signIn(wallet) {
      const asked = await api.POST("/v1/auth/challenge", { body: { account: wallet.address } });
      const { message } = asked.data!;
      const signature = await wallet.signMessage({ message });
      const session = await api.POST("/v1/auth/session", { body: { message, signature } });
      token = session.data!.access_token;
    },
    async settled(job, seconds = 600) {
      const deadline = Date.now() + seconds * 1000;
      while (job.state === "running") {
        if (Date.now() > deadline) throw failed("job-slow", "the job still runs", "look again later");
        await new Promise((resolve) => setTimeout(resolve, 200));
        job = (await api.GET("/v1/jobs/{job_id}", { params: { path: { job_id: job.id } } })).data!;
      }
      if (job.error) throw failed(job.error.code, job.error.detail, job.error.remedy);
      return job;
    },
    async sign(job, wallet) {
      const signature = await wallet.signTypedData(job.typed_data as never);
      const place = { path: { job_id: job.id } };
      return (await api.POST("/v1/jobs/{job_id}/signature", { params: place, body: { signature } })).data!;
    },
  };
  return service;
}

async function told(response: Response): Promise<ColophonError> {
  const problem = (await response.json().catch(() => ({}))) as Partial<Problem>;
  const { code = "service-failed", detail = "the service did not say why", remedy = "check the URL" } = problem;
  return new ColophonError(code, detail, remedy, response.status, problem.facts ?? {});
}

function failed(code: string, message: string, remedy: string): ColophonError {
  return new ColophonError(code, message, remedy, 0, {});
}
