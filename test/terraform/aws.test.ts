import { checkFolders } from "./check-folders.ts";
import { readFolders } from "./hcl.ts";

// A file of its own: this provider takes seconds to start, and the others are checked beside it.
checkFolders(await readFolders(), (providers) => providers.has("aws"));
