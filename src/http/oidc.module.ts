import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { OidcAddress } from './oidc-address.js';
import { OidcController } from './oidc.controller.js';
import { OwnAddress } from './own-address.js';

/** Signing in at other providers. */
@Module({ imports: [AuthModule], controllers: [OidcController], providers: [OidcAddress, OwnAddress] })
export class OidcModule {}
