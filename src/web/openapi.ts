/** The API described for programs: OpenAPI 3.1, made of the command set. */
import { ARGUMENTS } from '../control/argument.ts';
import { type ApiPath, BODY, type Parameter } from './api-paths.ts';
import { PROBLEM_TYPE } from './problem.ts';

/** Where the commands are, without a slash behind. */
export const API = '/api/v1';
/** What a capture is sent as. */
export const PCAP_TYPE = 'application/vnd.tcpdump.pcap';

type Json = Readonly<Record<string, unknown>>;

/** The description, of this version of the program and these paths. */
export function openApi(version: string, paths: readonly ApiPath[]): Json {
  return {
    openapi: '3.1.0',
    info: {
      title: 'InterTrack',
      version,
      description: 'Every command of itctl(8), by the same words; see intertrack-api(7).',
    },
    servers: [{ url: API }],
    security: [{ token: [] }],
    paths: Object.fromEntries(paths.map(one => [`/${one.path}`, { [one.method.toLowerCase()]: operation(one) }])),
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: {
        problem: {
          type: 'object',
          required: ['type', 'title', 'status', 'detail'],
          properties: {
            type: { const: 'about:blank' },
            title: { type: 'string' },
            status: { type: 'integer' },
            detail: { type: 'string', description: 'What is wrong, for a person' },
            expected: { type: 'array', items: { type: 'string' }, description: 'What could stand there' },
          },
        },
      },
      responses: {
        problem: {
          description: 'It could not be done',
          content: { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/problem' } } },
        },
      },
    },
  };
}

function operation(path: ApiPath): Json {
  const { commands, method } = path;
  const parameters = parametersOf(path);
  const body = commands.some(one => one.parameters.some(({ kind }) => kind === BODY));
  const live = commands.some(({ command }) => command.live);
  const rows = { 'application/x-ndjson': {}, 'text/event-stream': {} };
  const schema = answerSchema(path);
  return {
    operationId: path.path.replaceAll(/[/-](.)/g, (_, letter: string) => letter.toUpperCase()),
    summary: commands.map(({ command }) => command.help).join('; or: '),
    description: commands.map(({ command }) => command.syntax).join('\n'),
    tags: [path.path.split('/')[0]],
    ...(method === 'GET' ? {} : { 'x-role': 'operator' }),
    parameters: parameters.map(parameterOf),
    ...(body && { requestBody: { required: true, content: { [PCAP_TYPE]: {} } } }),
    ...(!body &&
      method === 'POST' &&
      parameters.length > 0 && {
        requestBody: {
          required: false,
          content: {
            'application/json': {
              schema: {
                type: 'object',
                properties: Object.fromEntries(parameters.map(one => [one.name, schemaOf(one)])),
                additionalProperties: false,
              },
            },
          },
        },
      }),
    responses: {
      200: { description: 'The answer', content: { ...(live ? {} : { 'application/json': { schema } }), ...rows } },
      default: { $ref: '#/components/responses/problem' },
    },
  };
}

/** The parameters of all commands of a path; required are those that each of them requires, and not in a body. */
function parametersOf({ commands, method }: ApiPath): Parameter[] {
  const found = new Map<string, Parameter>();
  for (const { parameters } of commands)
    for (const one of parameters) if (one.kind !== BODY) found.set(one.name, found.get(one.name) ?? one);
  const always = (name: string) =>
    commands.every(({ parameters }) => parameters.some(one => one.name === name && one.required));
  const inQuery = method === 'GET' || commands.some(one => one.parameters.some(({ kind }) => kind === BODY));
  return [...found.values()].map(one => ({ ...one, required: inQuery && always(one.name) }));
}

function parameterOf(parameter: Parameter): Json {
  const { name, help, required, kind } = parameter;
  const what = kind === null ? help : `${help}: ${ARGUMENTS[kind]!.help}`;
  return {
    ...{ name, in: 'query', required },
    description: help === ARGUMENTS[kind ?? '']?.help ? help : what,
    ...(kind === null && { allowEmptyValue: true }),
    schema: schemaOf(parameter),
  };
}

const schemaOf = ({ kind }: Parameter): Json => ({ type: kind === null ? 'boolean' : 'string' });

function answerSchema({ commands }: ApiPath): Json {
  const ones = new Set(commands.map(({ command }) => command.one === true));
  const common = { command: { type: 'string' }, notes: { type: 'array', items: { type: 'string' } } };
  return {
    type: 'object',
    required: ['command', 'notes', ...(ones.size > 1 ? [] : [ones.has(true) ? 'row' : 'rows'])],
    properties: {
      ...common,
      ...(ones.has(true) && { row: { type: 'object' } }),
      ...(ones.has(false) && { rows: { type: 'array', items: { type: 'object' } } }),
    },
  };
}
