// `npm run bundle` where only the bundler's own packages are installed: inside a container's build.
import { bundleCommand } from "./command.ts";

process.exitCode = await bundleCommand(process.argv.slice(2));
