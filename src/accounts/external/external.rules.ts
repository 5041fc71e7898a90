import { ValidateBy, isArray } from 'class-validator';
import { isSafeEndpoint } from '../../kernel/safe-endpoint.js';

/** The address of an issuer or of its keys: https, or http on this machine; without query, fragment and user. */
export const IssuerAddress = (): PropertyDecorator =>
  ValidateBy({
    name: 'issuerAddress',
    validator: {
      validate: (value: unknown) =>
        typeof value === 'string' && isSafeEndpoint(value) && new URL(value).search === '' && !/[?#]/.test(value),
      defaultMessage: () => 'must be an https address such as https://id.example.com (http on this machine alone)',
    },
  });

const DOMAIN = /^(?!-)[a-z0-9-]+(\.[a-z0-9-]+)*$/;

/** A list of mail domains, in lower case as people write them: `example.com`. */
export const Domains = (): PropertyDecorator =>
  ValidateBy({
    name: 'domains',
    validator: {
      validate: (value: unknown) =>
        isArray(value) && value.every((name) => typeof name === 'string' && DOMAIN.test(name)),
      defaultMessage: () => 'must be a list of domains in lower case such as ["example.com"]',
    },
  });

/** One text or a list of them, none of them empty. */
export const TextOrTexts = (): PropertyDecorator =>
  ValidateBy({
    name: 'textOrTexts',
    validator: {
      validate: (value: unknown) => {
        const all: unknown[] = isArray(value) ? value : [value];
        return all.length > 0 && all.every((text) => typeof text === 'string' && text.trim() !== '');
      },
      defaultMessage: () => 'must be a text, or a list of texts, and none of them empty',
    },
  });
