import hooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

// routes compose features; features share only components, lib and the client, never each other.
const layers = [
  { files: ["src/lib/**", "src/i18n/**"], banned: ["@/api", "@/components", "@/features", "@/routes"] },
  { files: ["src/api/**"], banned: ["@/components", "@/features", "@/routes"] },
  { files: ["src/components/**"], banned: ["@/features", "@/routes"] },
  { files: ["src/features/**"], banned: ["@/features", "@/routes"] },
];

export default tseslint.config(
  { ignores: ["dist", "node_modules", "src/api/schema.ts"] },
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { "react-hooks": hooks },
    rules: {
      ...hooks.configs.recommended.rules,
      "no-restricted-syntax": [
        "error",
        {
          selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']",
          message: "Texts of users and models are shown as text, never as markup.",
        },
      ],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      // Event handlers may be async: their failures are shown by the mutation they start.
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { attributes: false } }],
      // TanStack Router throws redirects.
      "@typescript-eslint/only-throw-error": "off",
    },
  },
  ...layers.map(({ files, banned }) => ({
    files,
    rules: {
      // "../" would reach another folder without its layer's name.
      "no-restricted-imports": ["error", { patterns: [{ group: ["../*"] }, ...banned.map((name) => ({ group: [`${name}/*`, name] }))] }],
    },
  })),
  { files: ["eslint.config.js"], ...tseslint.configs.disableTypeChecked },
);
