// Engines with one mistake each: a world that lets one of them pass would let the mistake pass.

export interface Mutant {
  readonly name: string;
  readonly changes: readonly { readonly file: string; readonly find: string; readonly replace: string }[];
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: "null treated as absent",
    changes: [
      {
        file: "sync/merge.ts",
        find: "  for (const field of Object.keys(sides.record)) {\n    const theirs = sides.record[field] ?? null;",
        replace:
          "  for (const field of Object.keys(sides.record)) {\n    if (sides.record[field] === null) continue;\n    const theirs = sides.record[field] ?? null;",
      },
    ],
  },
];
