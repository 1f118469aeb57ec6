import { type Authentication, authenticatedUser, refused } from './feed-user.ts';
import type { PresentedCertificate } from './client-certificate.ts';

/**
 * The user of a client certificate, as Kubernetes reads it: CN is the name, each O is a group. The validity is looked at for
 * each request: a connection may outlive its certificate.
 */
export function certificateUser(certificate: PresentedCertificate, now: number): Authentication {
  if (certificate.state === 'unverified') {
    return refused(`the client certificate is not accepted (${certificate.problem})`);
  }
  const { commonNames, organizations, notBefore, notAfter } = certificate;
  // Written so that a date which cannot be read counts as out of range.
  if (!(now >= notBefore)) return refused('the client certificate is not valid yet');
  if (!(now <= notAfter)) return refused('the client certificate has expired');
  const [name = '', ...others] = commonNames;
  if (name === '') return refused('the client certificate has no common name');
  if (others.length > 0) return refused('the client certificate has more than one common name');
  return {
    outcome: 'user',
    user: authenticatedUser('certificate', { name, uid: '', groups: organizations }),
  };
}
