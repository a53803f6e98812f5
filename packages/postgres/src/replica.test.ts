import { expect, test } from "vitest";
import { onReplica } from "./replica.ts";

test.each([
  ["postgres://app:pw@primary:5432/catalog", "postgres://app:pw@replica:5433/catalog"],
  [
    "postgresql://app:p%40w@a:1,b:2/catalog?sslmode=verify-full",
    "postgresql://app:p%40w@replica:5433/catalog?sslmode=verify-full",
  ],
  [
    "postgres://app@p/c?target_session_attrs=read-write&sslmode=require",
    "postgres://app@replica:5433/c?sslmode=require",
  ],
  [
    "postgres://app@p/c?sslmode=require&target_session_attrs=read-write",
    "postgres://app@replica:5433/c?sslmode=require",
  ],
  ["postgres://p/c?target_session_attrs=read-write", "postgres://replica:5433/c"],
])("%s is entered at the replica alike", (url, expected) => {
  expect(onReplica(url, "postgres://replica:5433")).toBe(expected);
  expect(onReplica(url, "postgres://other:secret@replica:5433/x?y=z")).toBe(expected);
});
