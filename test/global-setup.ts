// One PostgreSQL for a whole run of the tests: node --test --test-global-setup=test/global-setup.ts
import { SERVER_VARIABLE, startTestServer, type TestServer } from "./support/server.ts";

let server: TestServer | undefined;

export async function globalSetup(): Promise<void> {
  server = await startTestServer();
  // The processes of the test files inherit the environment.
  process.env[SERVER_VARIABLE] = JSON.stringify(server.connection);
}

export async function globalTeardown(): Promise<void> {
  await server?.stop();
}
