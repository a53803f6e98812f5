export {
  ConfigError,
  type ConfigSpec,
  choice,
  flag,
  integer,
  list,
  optionalText,
  readConfig,
  type Setting,
  text,
  url,
} from "./config.ts";
export type { Bind, Env, Host, HttpHandler, RunningService } from "./host.ts";
