// A second opinion on a clip's credentials: another implementation of C2PA, written by others in another language. It
// says whether a file is unchanged; it trusts everybody, so whom a signature comes from is not asked here.

import { BMFF } from '@trustnxt/c2pa-ts/asset';
import { SuperBox } from '@trustnxt/c2pa-ts/jumbf';
import { ManifestStore, ValidationResult } from '@trustnxt/c2pa-ts/manifest';
import { readFileSync } from 'node:fs';

// It knows the container, but not this name of it.
for (const brand of ['isom', 'iso2', 'mp41']) BMFF.canReadBrands.add(brand);

/** Whether a file's credentials hold, and what was found. */
export async function secondOpinion(file) {
  const bytes = new Uint8Array(readFileSync(file));
  try {
    if (!BMFF.canRead(bytes)) return { holds: false, why: ['not a film'] };
    const asset = new BMFF(bytes);
    const manifest = asset.getManifestJUMBF();
    if (!manifest) return { holds: false, why: ['no manifest'] };
    const store = ManifestStore.read(SuperBox.fromBuffer(manifest));
    return told(await store.validate(asset));
  } catch (error) {
    return told(ValidationResult.fromError(error));
  }
}

function told(result) {
  const failed = result.statusEntries.filter((entry) => !entry.success);
  return { holds: result.isValid, why: failed.map((entry) => `${entry.code}${entry.explanation ? ` (${entry.explanation})` : ''}`) };
}
