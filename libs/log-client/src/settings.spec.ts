import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseConfig } from '@tally/service-kit';
import { kafkaConfig, logSettings } from './settings.js';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'tally-log-client-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function configOf(environment: Record<string, string>) {
  const parsed = parseConfig(logSettings, { KAFKA_BROKERS: 'a:1,b:2', ...environment });
  if (parsed.kind === 'invalid') throw new Error(parsed.problems.join('\n'));
  return kafkaConfig({ ...parsed.config, instance: 'i' }, undefined);
}

function file(name: string, content: string): string {
  writeFileSync(join(dir, name), content);
  return join(dir, name);
}

describe('the settings of the log', () => {
  it('are neither encrypted nor authenticated by default', () => {
    expect(configOf({})).toEqual({
      brokers: ['a:1', 'b:2'],
      clientId: 'tally-i',
      requestTimeoutMs: 5000,
      tls: undefined,
      sasl: undefined,
    });
  });

  it('take certificates and the password from files', () => {
    const { tls, sasl } = configOf({
      KAFKA_TLS: 'on',
      KAFKA_TLS_CA_FILE: file('ca', 'PEM'),
      KAFKA_SASL_MECHANISM: 'scram-sha-512',
      KAFKA_SASL_USER: 'processor',
      KAFKA_SASL_PASSWORD_FILE: file('password', ' with spaces \n'),
    });
    expect(tls?.('kafka.example')).toEqual({ ca: ['PEM'], servername: 'kafka.example' });
    expect(tls?.('10.0.0.1').servername).toBe('');
    expect(sasl).toEqual({
      mechanism: 'scram-sha-512',
      username: 'processor',
      password: ' with spaces ',
    });
    expect(configOf({ KAFKA_TLS: 'on' }).tls?.('a').ca).toBeUndefined();
  });

  it('are refused where somebody shall authenticate and nobody says who', () => {
    expect(() => configOf({ KAFKA_SASL_MECHANISM: 'plain' })).toThrow('KAFKA_SASL_USER');
  });
});
