import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** What `/oauth/token` is asked with. */
export class TokenForm {
  @ApiProperty({ example: 'urn:ietf:params:oauth:grant-type:token-exchange' })
  grant_type: string;

  @ApiPropertyOptional({ description: 'Token exchange: an access token.' })
  subject_token?: string;

  @ApiPropertyOptional({ example: 'urn:ietf:params:oauth:token-type:access_token' })
  subject_token_type?: string;

  @ApiPropertyOptional({ description: 'Device grant.' })
  device_code?: string;

  @ApiPropertyOptional({ description: 'Refresh.' })
  refresh_token?: string;

  @ApiPropertyOptional({ description: 'What a public client calls itself.' })
  client_id?: string;

  @ApiPropertyOptional({ description: 'Scopes with a space between: narrows what the role of the person gives.' })
  scope?: string;
}

/** A gateway token, in the words of OAuth. */
export class TokenAnswerView {
  @ApiProperty({ example: 'e981b257fe5f8bd1dca9e9310970f66a7927fb11dca48e0865d3029a12383958' })
  access_token: string;

  @ApiProperty({ enum: ['Bearer'] })
  token_type: 'Bearer';

  @ApiProperty({ description: 'Seconds.' })
  expires_in: number;

  @ApiProperty({ example: 'operator.read operator.write' })
  scope: string;

  @ApiPropertyOptional()
  issued_token_type?: string;

  @ApiPropertyOptional({ description: 'Where the client asked for offline_access, or refreshed. Good once.' })
  refresh_token?: string;
}

/** What `/oauth/device_authorization` is asked with. */
export class DeviceAuthorizationForm {
  @ApiProperty({ example: 'doorward-cli' })
  client_id: string;

  @ApiPropertyOptional({ example: 'operator.read offline_access' })
  scope?: string;
}

/** Two codes: one for the client to poll with, one for the person to type (RFC 8628 section 3.2). */
export class DeviceAuthorizationView {
  @ApiProperty()
  device_code: string;

  @ApiProperty({ example: 'WDJB-MJHT' })
  user_code: string;

  @ApiProperty()
  verification_uri: string;

  @ApiProperty()
  verification_uri_complete: string;

  @ApiProperty({ description: 'Seconds.' })
  expires_in: number;

  @ApiProperty({ description: 'Seconds between two polls.' })
  interval: number;
}

/** What `/oauth/introspect` and `/oauth/revoke` are asked with. */
export class ShownTokenForm {
  @ApiProperty()
  token: string;

  @ApiPropertyOptional()
  token_type_hint?: string;
}

/** What a service learns of a token (RFC 7662). All but `active` is there only when it is good. */
export class IntrospectionView {
  @ApiProperty()
  active: boolean;

  @ApiPropertyOptional({ enum: ['gateway_token', 'service_token', 'access_token'] })
  token_use?: string;

  @ApiPropertyOptional({ enum: ['Bearer'] })
  token_type?: string;

  @ApiPropertyOptional()
  scope?: string;

  @ApiPropertyOptional()
  sub?: string;

  @ApiPropertyOptional({ format: 'uuid' })
  tenant_id?: string;

  @ApiPropertyOptional()
  username?: string;

  @ApiPropertyOptional()
  iat?: number;

  @ApiPropertyOptional()
  exp?: number;

  @ApiPropertyOptional()
  jti?: string;
}
