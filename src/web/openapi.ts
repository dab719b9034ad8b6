/** The API described for programs: OpenAPI 3.1, made of the command set. */
import { type AnswerSchemas, answerSchemas, DEFS, definitionsOf } from '../control/answer-schema.ts';
import { ARGUMENTS } from '../control/argument.ts';
import { commandName } from '../control/commands.ts';
import { type ApiPath, BODY, type Parameter } from './api-paths.ts';
import { PROBLEM_TYPE } from './problem.ts';

/** Where the commands are, without a slash behind. */
export const API = '/api/v1';
/** What a capture is sent as. */
export const PCAP_TYPE = 'application/vnd.tcpdump.pcap';

type Json = Readonly<Record<string, unknown>>;

const COMPONENTS = '#/components/schemas/';

/** The description, of this version of the program and these paths, with what each answers. Throws as answerSchemas does. */
export function openApi(version: string, paths: readonly ApiPath[], answers: AnswerSchemas = answerSchemas()): Json {
  const rows = paths.flatMap(({ commands }) => commands.map(({ command }) => answers.$defs[commandName(command)]!));
  const types = new Set(rows.flatMap(row => definitionsOf(row, answers)));
  const inPlace = (_: string, value: unknown) =>
    typeof value === 'string' && value.startsWith(DEFS) ? `${COMPONENTS}${value.slice(DEFS.length)}` : value;
  return JSON.parse(JSON.stringify(description(version, paths, answers, [...types].toSorted())), inPlace);
}

function description(
  version: string,
  paths: readonly ApiPath[],
  answers: AnswerSchemas,
  types: readonly string[],
): Json {
  return {
    openapi: '3.1.0',
    info: {
      title: 'InterTrack',
      version,
      description: 'Every command of itctl(8), by the same words; see intertrack-api(7).',
    },
    servers: [{ url: API }],
    security: [{ token: [] }],
    paths: {
      ...Object.fromEntries(
        paths.map(one => [`/${one.path}`, { [one.method.toLowerCase()]: operation(one, answers) }]),
      ),
      '/token': { get: WHO_ASKS },
    },
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
        ...Object.fromEntries(types.map(type => [type, answers.$defs[type]])),
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

/** The one path that is no command. */
const WHO_ASKS: Json = {
  operationId: 'token',
  summary: 'What the token that is shown may do',
  tags: ['token'],
  security: [{ token: [] }, {}],
  responses: {
    200: {
      description: 'Its role and the name of its file; null where nobody may look',
      content: {
        'application/json': {
          schema: {
            type: 'object',
            required: ['role', 'token'],
            properties: {
              role: { enum: ['operator', 'reader', null] },
              token: { type: ['string', 'null'] },
            },
          },
        },
      },
    },
  },
};

function operation(path: ApiPath, answers: AnswerSchemas): Json {
  const { commands, method } = path;
  const parameters = parametersOf(path);
  const body = commands.some(one => one.parameters.some(({ kind }) => kind === BODY));
  const live = commands.some(({ command }) => command.live);
  const row = rowSchema(path, answers);
  const lines = { 'application/x-ndjson': live ? { schema: row } : {}, 'text/event-stream': {} };
  const schema = answerSchema(path, answers);
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
      200: { description: 'The answer', content: { ...(live ? {} : { 'application/json': { schema } }), ...lines } },
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

/** One of several schemas, each told once. */
function anyOf(schemas: readonly Json[]): Json {
  const told = [...new Map(schemas.map(one => [JSON.stringify(one), one])).values()];
  return told.length === 1 ? told[0]! : { anyOf: told };
}

const rowSchema = ({ commands }: ApiPath, { $defs }: AnswerSchemas): Json =>
  anyOf(commands.map(({ command }) => $defs[commandName(command)]!));

/** The whole answer: which of the commands it is of, their rows or their one object, and the notes. */
function answerSchema({ commands }: ApiPath, { $defs }: AnswerSchemas): Json {
  const answers = commands.map(({ command }) => {
    const row = $defs[commandName(command)]!;
    return {
      type: 'object',
      required: ['command', 'notes', command.one ? 'row' : 'rows'],
      properties: {
        command: { const: commandName(command) },
        ...(command.one ? { row: anyOf([row, { type: 'null' }]) } : { rows: { type: 'array', items: row } }),
        notes: { type: 'array', items: { type: 'string' } },
      },
    };
  });
  return anyOf(answers);
}
