// The table of who may import whom (docs and each folder's README say why). Type-only imports may cross:
// a type is a contract and leaves nothing behind at run time.

const ZONES = 'core|engine|cyxcloud|proto|programs|db|temporal|workflows|activities|api|workers|cli|web|scripts|examples';
const TESTS = '(\\.test\\.tsx?$|/testing\\.ts$|/(tests|testing|fixtures|e2e)/)';
const RUNTIME_ONLY = ['type-only'];

/** Files under `from` may import these places of ours, and nothing else of ours. */
function mayImport(name, from, places, fromNot = []) {
  return {
    name: `${name}-imports`,
    comment: `${name} may import only: ${places.join(', ')}`,
    severity: 'error',
    from: { path: from, pathNot: [TESTS, ...fromNot] },
    to: { path: `^(${ZONES})/`, pathNot: places, dependencyTypesNot: RUNTIME_ONLY },
  };
}

/** Files under `from` may use these packages, and no others. */
function mayUsePackages(name, from, packages) {
  const names = packages.map((text) => text.replace(/[.]/g, '\\.')).join('|');
  return {
    name: `${name}-packages`,
    comment: `${name} may use only the packages ${packages.join(', ')}`,
    severity: 'error',
    from: { path: from, pathNot: TESTS },
    to: { path: 'node_modules', pathNot: `node_modules/(${names})(/|$)`, dependencyTypesNot: RUNTIME_ONLY },
  };
}

/** These files also run where there is no Node: in browsers, or in the workflow sandbox. */
function withoutNode(name, from, fromNot = []) {
  return {
    name: `${name}-without-node`,
    comment: `${name} has no Node in it`,
    severity: 'error',
    from: { path: from, pathNot: [TESTS, ...fromNot] },
    to: { dependencyTypes: ['core'], dependencyTypesNot: RUNTIME_ONLY },
  };
}

const CORE = '^core/';
const PROGRAM_CLIENTS = '^programs/clients/';
const CLOUD_CLIENT = '^cyxcloud/(?!gateway/|node/)';
const PROTO = '^proto/gen/';
const CONTRACT = '^temporal/contract/';
const SDK = '^api/client/';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-circles',
      comment: 'Two files that need each other are one thing in two places.',
      severity: 'error',
      from: { pathNot: '^(proto/gen|node_modules)/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: RUNTIME_ONLY } },
    },
    {
      name: 'no-unresolved',
      comment: 'The import leads nowhere.',
      severity: 'error',
      // Virtual modules of the web build are not files.
      from: { path: `^(${ZONES})/` },
      to: { couldNotResolve: true, pathNot: '^virtual:' },
    },
    {
      name: 'nobody-imports-workers',
      comment: 'Workers are composition roots: a process each.',
      severity: 'error',
      from: { pathNot: ['^workers/', TESTS] },
      to: { path: '^workers/' },
    },
    mayImport('core', '^core/', [CORE]),
    mayUsePackages('core', '^core/', ['zod']),
    withoutNode('core', '^core/'),
    mayImport('engine', '^engine/', [CORE, '^engine/(?!node/)'], ['^engine/node/']),
    mayImport('engine-node', '^engine/node/', [CORE, '^engine/']),
    mayImport('cyxcloud', '^cyxcloud/', [CORE, '^cyxcloud/'], ['^cyxcloud/client/']),
    mayImport('cyxcloud-client', '^cyxcloud/client/', [CORE, CLOUD_CLIENT]),
    withoutNode('cyxcloud-client', '^cyxcloud/client/'),
    mayImport('proto', '^proto/', ['^proto/']),
    mayImport('programs', '^programs/', [CORE, '^programs/'], [PROGRAM_CLIENTS]),
    mayImport('program-clients', PROGRAM_CLIENTS, [PROGRAM_CLIENTS]),
    mayUsePackages('program-clients', PROGRAM_CLIENTS, ['@solana/web3.js']),
    mayImport('db', '^db/', [CORE, '^db/']),
    mayImport('temporal', '^temporal/', [CORE, '^temporal/'], [CONTRACT]),
    mayImport('temporal-contract', CONTRACT, [CORE, CONTRACT]),
    withoutNode('temporal-contract', CONTRACT),
    mayImport('workflows', '^workflows/', [CORE, CONTRACT, '^workflows/']),
    mayUsePackages('workflows', '^workflows/', ['@temporalio/workflow', '@temporalio/common', 'zod']),
    withoutNode('workflows', '^workflows/'),
    mayImport('activities-platform', '^activities/', [CORE, '^engine/', '^cyxcloud/', PROGRAM_CLIENTS, PROTO, CONTRACT, '^db/', '^activities/(?!node/)'], ['^activities/node/']),
    mayImport('activities-node', '^activities/node/', [CORE, '^engine/', '^cyxcloud/', PROGRAM_CLIENTS, PROTO, CONTRACT, '^activities/(?!platform/)']),
    mayImport('api', '^api/', [CORE, '^db/', CLOUD_CLIENT, PROGRAM_CLIENTS, PROTO, '^temporal/(contract|client|codec)/', '^workflows/[^/]+/messages\\.ts$', '^api/'], [SDK]),
    mayImport('api-client', SDK, [CORE, PROTO, CLOUD_CLIENT, PROGRAM_CLIENTS, SDK]),
    mayImport('cli', '^cli/', [CORE, '^engine/', SDK, PROGRAM_CLIENTS, '^cli/']),
    // Services are handed to the pages by the API process: only their types are imported, so they are not built in.
    mayImport('web', '^web/', [CORE, '^engine/(?!node/)', SDK, CLOUD_CLIENT, PROGRAM_CLIENTS, PROTO, '^web/']),
    {
      name: 'provider-without-database',
      comment: 'What runs on a provider’s machine can not reach the database, not by any way round.',
      severity: 'error',
      from: { path: '^workers/node\\.ts$' },
      to: { path: '^db/', reachable: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(node_modules/\\.|\\.cyxwiz|target|build)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default', 'types'], extensions: ['.ts', '.tsx', '.js', '.mjs', '.cjs', '.json'] },
  },
};
