import type { CodegenConfig } from '@graphql-codegen/cli';

// types.sh writes the schema first.
const config: CodegenConfig = {
  schema: 'src/gql/schema.graphql',
  documents: ['src/**/*.{ts,tsx}'],
  generates: {
    './src/gql/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        enumsAsTypes: true,
        futureProofEnums: true,
        futureProofUnions: true,
        useTypeImports: true,
        scalars: { Time: 'string', URL: 'string', EmailAddress: 'string', HTML: 'string', Sequence: 'number', Upload: 'File' },
      },
    },
  },
};

export default config;
