import { IsBoolean, IsInt, IsOptional, IsString, Length, Matches, Max, Min, ValidateBy } from 'class-validator';
import { type ConfigSnapshot, Setting, Settings } from '../../config/settings.js';
import type { FieldError } from '../../kernel/errors.js';

function SmtpUrl(): PropertyDecorator {
  const validate = (url: unknown): boolean =>
    typeof url === 'string' && /^smtps?:\/\/[^\s/]+/.test(url) && URL.canParse(url) && new URL(url).hostname !== '';
  const defaultMessage = (): string =>
    'must be a URL such as smtp://user:password@host:587, or smtps:// for TLS from the start';
  return ValidateBy({ name: 'smtpUrl', validator: { validate, defaultMessage } });
}

/** The server that mail goes out by. Without one, links are written into the log for the operator. */
@Settings('accounts.mail')
export class MailSettings {
  /** All in one; also SMTP_URL, without our prefix, as platforms set it. The fields below are then not looked at. */
  @Setting({ env: '!SMTP_URL', secret: true })
  @IsOptional()
  @SmtpUrl()
  url?: string;

  @Setting({ env: 'SMTP_HOST' })
  @IsOptional()
  @IsString()
  @Length(1, 255)
  host?: string;

  @Setting({ env: 'SMTP_PORT' })
  @IsInt()
  @Min(1)
  @Max(65_535)
  port = 587;

  /** TLS from the first byte (port 465). Otherwise TLS begins by STARTTLS wherever the server offers it. */
  @IsBoolean()
  secure = false;

  @Setting({ env: 'SMTP_USER' })
  @IsOptional()
  @IsString()
  user?: string;

  @Setting({ env: 'SMTP_PASSWORD', secret: true })
  @IsOptional()
  @IsString()
  password?: string;

  /** Who the mail is from: `Doorward <no-reply@example.com>`. */
  @Setting({ env: 'MAIL_FROM' })
  @IsOptional()
  @Matches(/^[^\r\n@]*<?[^\s@<>]+@[^\s@<>]+>?$/, { message: 'must be an address, or a name and <address>' })
  from?: string;
}

/** Whether mail goes out at all. */
export const sendsMail = (config: ConfigSnapshot): boolean => {
  const { url, host } = config.get(MailSettings);
  return url !== undefined || host !== undefined;
};

/** What must fit together in the settings of mail. */
export function mailRules(config: ConfigSnapshot): FieldError[] {
  const { from, user, password } = config.get(MailSettings);
  const errors: FieldError[] = [];
  if (sendsMail(config) && from === undefined) {
    const message = 'is needed to send mail. Set accounts.mail.from or DOORWARD_MAIL_FROM';
    errors.push({ path: 'accounts.mail.from', message });
  }
  if (user !== undefined && password === undefined) {
    const message = 'is needed with accounts.mail.user. Set accounts.mail.password or DOORWARD_SMTP_PASSWORD';
    errors.push({ path: 'accounts.mail.password', message });
  }
  return errors;
}
