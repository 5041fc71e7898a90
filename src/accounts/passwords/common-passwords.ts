/**
 * What people choose most where upper case, lower case, digit and symbol are asked for, in lower case (ASVS 6.2.4). A
 * short list is enough: the limits on guessing stop whoever tries more than a few.
 */
export const COMMON_PASSWORDS: ReadonlySet<string> = new Set(
  `p@ssw0rd p@$$w0rd p@ssw0rd1 p@ssw0rd! p@ssw0rd123 p@ssword1 p@ssword123 pass@123 pass@1234 pass@word1 password@1
  password@123 password1! password123! passw0rd! passw0rd1! welcome1! welcome@1 welcome@123 welcome123! qwerty1!
  qwerty@123 qwerty123! qwer1234! admin@123 admin123! admin@1234 abcd@1234 abcd1234! abc@1234 aa@123456 aa123456@
  aa123456! test@123 test@1234 demo@123 india@123 india@1234 1qaz@wsx 1qaz!qaz !qaz2wsx zaq1@wsx zaq!2wsx changeme1!
  changeme@123 letmein1! summer2026! winter2026! spring2026!`.split(/\s+/),
);
