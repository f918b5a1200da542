// Loaded before a script's own file: Node runs no module in a path with a backslash, and says so in a way that nobody understands.
const path = require("node:path");

if (process.platform !== "win32" && __dirname.includes("\\")) {
  process.stderr.write(
    `winston: the path ${path.dirname(__dirname)} has a backslash in it, and Node runs no module there. Move or rename the folder, and run the command again.\n`,
  );
  process.exit(1);
}
