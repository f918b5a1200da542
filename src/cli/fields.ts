// `winston fields`: the fields of each kind, and declaring custom ones.
import type { Command } from "commander";
import type { Field } from "../../sdk/src/index.ts";
import { WinstonError } from "../base/errors.ts";
import { kindNamed } from "../mapping/kinds.ts";
import { FIELD_TYPES } from "../mapping/types.ts";
import { type Guarded, guarded, mayGo } from "./guard.ts";
import { printList, printOne } from "./output.ts";
import { globalsOf, subcommand } from "./program.ts";
import { resourceNamed } from "./records.ts";
import { openRemote } from "./remote.ts";
import type { Shell } from "./shell.ts";
import { listed } from "./words.ts";

export function define(command: Command, shell: Shell): void {
  const list = subcommand(command, shell, "list [kind]", "list the fields of one kind or of all");
  list.option("--custom", "only custom ones").action(async (word: string | undefined, options: { custom?: true }) => {
    const globals = globalsOf(list);
    const { client } = openRemote(shell, globals);
    const fields = await client.fields.list(word === undefined ? {} : { kind: kindOf(word) }, { signal: shell.signal });
    await printList(shell, globals, {
      schema: "field",
      columns: [
        { title: "KIND", of: (one) => one.kind },
        { title: "FIELD", of: (one) => one.key },
        { title: "TYPE", of: (one) => (one.target === null ? one.type : `${one.type} to ${one.target}`) },
        { title: "LABEL", of: (one) => one.label },
        { title: "CUSTOM", of: (one) => (one.custom ? "yes" : "") },
      ],
      rows: options.custom ? fields.filter((one) => one.custom) : fields,
      none: "There are no such fields.",
      next: "fields add KIND KEY TYPE",
    });
  });

  const add = guarded(subcommand(command, shell, "add <kind> <key> <type>", "declare a custom field"), "light")
    .option("--label <label>", "what people read")
    .option("--target <kind>", "for a reference: the kind it points to")
    .addHelpText("after", `\nTypes: ${FIELD_TYPES.join(", ")}.`);
  add.action(
    async (word: string, key: string, type: string, options: Guarded & { label?: string; target?: string }) => {
      const globals = globalsOf(add);
      if (!FIELD_TYPES.includes(type as Field["type"]))
        throw new WinstonError("usage.wrong", `There is no type "${type}"; there are ${listed(FIELD_TYPES)}.`);
      const { client } = openRemote(shell, globals);
      const does = `give ${kindOf(word)} the custom field ${key} of type ${type}`;
      if (!(await mayGo(shell, globals, options, { weight: "light", does }))) return;
      const field = await client.fields.create(
        {
          kind: kindOf(word),
          key,
          type: type as Field["type"],
          ...(options.label === undefined ? {} : { label: options.label }),
          ...(options.target === undefined ? {} : { target: kindOf(options.target) }),
        },
        { signal: shell.signal },
      );
      printOne(shell, globals, {
        schema: "field",
        data: field,
        lines: [`${field.kind} has the custom field ${field.key} of type ${field.type}.`],
        next: `fields list ${word} --custom`,
      });
    },
  );
}

/** "lead", "contacts" and "person" are all kind person. */
const kindOf = (word: string): "person" => (kindNamed(word)?.kind ?? resourceNamed(word).kind) as "person";
