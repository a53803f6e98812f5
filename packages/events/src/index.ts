export { type Announced, announcedAfter } from "./announced.ts";
export { type Announcement, fact } from "./announcement.ts";
export type { Events, FeedPosition, Follower, FollowOptions, Handle, WorkOptions } from "./events.ts";
export { eventMigrations } from "./migrations.ts";
export { beginNewLife } from "./new-life.ts";
export type { Notice } from "./notice.ts";
export { type EventsOptions, feedServiceRoutes, openEvents } from "./open.ts";
export { announce, feedPosition } from "./outbox.ts";
export { RelayFault, type RelayStep } from "./relay.ts";
