export default { name: "rumor", rules: {} } satisfies Deno.lint.Plugin;
