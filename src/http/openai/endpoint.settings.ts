import { IsBoolean, IsInt, Max, Min } from 'class-validator';
import { type ConfigSnapshot, Settings, type SettingsClass } from '../../config/settings.js';
import type { Endpoint } from '../../chat/model-call.js';

const MEGABYTE = 1024 * 1024;

/** What each endpoint of the model API can be told (the family's names). */
class EndpointSettings {
  /** An endpoint that is switched off is not there: 404. */
  @IsBoolean()
  enabled = true;

  /** Bytes of a request body; looked at when the gateway starts. */
  @IsInt()
  @Min(1024)
  @Max(100 * MEGABYTE)
  maxBodyBytes = 20 * MEGABYTE;

  /** Images of one request. */
  @IsInt()
  @Min(0)
  @Max(1000)
  maxImageParts = 8;
}

@Settings('gateway.http.endpoints.chatCompletions')
export class ChatCompletionsSettings extends EndpointSettings {}

@Settings('gateway.http.endpoints.responses')
export class ResponsesSettings extends EndpointSettings {}

@Settings('gateway.http.endpoints.embeddings')
export class EmbeddingsSettings extends EndpointSettings {}

const BY_ENDPOINT: Readonly<Record<Endpoint, SettingsClass<EndpointSettings>>> = {
  'chat/completions': ChatCompletionsSettings,
  responses: ResponsesSettings,
  embeddings: EmbeddingsSettings,
};

export function endpointSettings(endpoint: Endpoint, config: ConfigSnapshot): EndpointSettings {
  return config.get(BY_ENDPOINT[endpoint]);
}
