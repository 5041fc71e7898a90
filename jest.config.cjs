const fs = require('node:fs');
const path = require('node:path');

const modules = path.join(__dirname, 'node_modules');

/** Names of the installed packages that ship ESM only: jest cannot require them on Node 20 and 22. */
function esmPackages() {
  const names = fs
    .readdirSync(modules)
    .flatMap((entry) =>
      entry.startsWith('@') ? fs.readdirSync(path.join(modules, entry)).map((name) => `${entry}/${name}`) : [entry],
    );
  return names.filter((name) => {
    const manifest = path.join(modules, name, 'package.json');
    return fs.existsSync(manifest) && JSON.parse(fs.readFileSync(manifest, 'utf8')).type === 'module';
  });
}

const swc = (parser, transform) => [
  '@swc/jest',
  {
    swcrc: false,
    sourceMaps: 'inline',
    module: { type: 'commonjs', ignoreDynamic: false },
    jsc: { target: 'es2023', keepClassNames: true, parser, transform },
  },
];

const escaped = esmPackages().map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));

module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/src', '<rootDir>/test'],
  testMatch: ['**/*.spec.ts'],
  testTimeout: 60_000,
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': ['$1.js', '$1'] },
  transform: {
    '^.+\\.ts$': swc(
      { syntax: 'typescript', decorators: true },
      { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
    ),
    // .cjs too: PGlite's CommonJS build uses import().
    '^.+\\.[mc]?js$': swc({ syntax: 'ecmascript' }, {}),
  },
  transformIgnorePatterns: [`/node_modules/(?!(${escaped.join('|')})/)`],
};
