// All that the package gives, by name.
export { Client, Client as Winston } from "./client.ts";
export type {
  Account,
  Activity,
  Brake,
  Alert,
  AlertChannel,
  Campaign,
  Comparison,
  ConfigPlan,
  Conflict,
  Connection,
  Connector,
  Contact,
  Deal,
  DealContact,
  Difference,
  Duplicate,
  Explanation,
  Field,
  FieldOrigin,
  FrozenField,
  SchemaDrift,
  SchemaLook,
  SchemaLooked,
  HistoryEntry,
  Key,
  Lead,
  Parked,
  Plan,
  PlanChange,
  Quarantine,
  Run,
  Stream,
  StreamChange,
  User,
} from "./schemas.ts";
export type { ListQuery, RecordId, RecordResource, WriteOptions } from "./records.ts";
export type { RunQuery } from "./watch.ts";
export { BulkResult } from "./bulk-result.ts";
export type { BulkFailure, BulkProgress } from "./bulk-result.ts";
export type { BulkOptions } from "./bulk.ts";
export { Listing } from "./listing.ts";
export type { Page } from "./listing.ts";
export type { CallOptions, ClientOptions } from "./transport.ts";
export {
  AbortedError,
  ApiError,
  AuthenticationError,
  ConflictError,
  ConnectionError,
  NotFoundError,
  PermissionError,
  RateLimitError,
  ServerError,
  TimeoutError,
  ValidationError,
  WinstonError,
} from "./errors.ts";
export type { FieldProblem, ProblemDocument } from "./errors.ts";
export type { components, operations, paths } from "./api.ts";
