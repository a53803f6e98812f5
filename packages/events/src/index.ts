export type { Announcement } from "./announcement.ts";
export type { Events, FeedPosition, Follower, FollowOptions, Handle, WorkOptions } from "./events.ts";
export { eventMigrations } from "./migrations.ts";
export { type EventsOptions, feedServiceRoutes, type Notice, openEvents } from "./open.ts";
export { announce } from "./outbox.ts";
