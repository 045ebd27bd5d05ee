// The one small interface behind which ts-mls hides (RFC 9420). What its defaults leave open is closed here: whose
// credential is believed, what a commit may carry, how long a secret stays. Draws random bytes through WebCrypto,
// reads no clock, knows no network.

import {
  type CiphersuiteImpl,
  type ClientConfig,
  type ClientState,
  type KeyPackage,
  type MLSMessage,
  type PrivateKeyPackage,
  type Proposal,
  type Welcome,
  createCommit,
  createGroup,
  decodeMlsMessage,
  defaultKeyPackageEqualityConfig,
  defaultKeyRetentionConfig,
  defaultLifetimeConfig,
  defaultPaddingConfig,
  emptyPskIndex,
  encodeMlsMessage,
  generateKeyPackageWithKey,
  getCiphersuiteFromName,
  getCiphersuiteImpl,
  joinGroupWithExtensions,
  mlsExporter,
  processPrivateMessage,
  zeroOutUint8Array,
} from 'ts-mls';
import { hex } from '../signalling/proofs';
import { type Bytes, concat, same } from './bytes';
import { MAX_COMMIT, MAX_PACKAGE, MAX_WELCOME } from './messages';

const SUITE = 'MLS_256_XWING_AES256GCM_SHA512_Ed25519';
const CAPABILITIES = { versions: ['mls10' as const], ciphersuites: [SUITE as typeof SUITE], extensions: [], proposals: [], credentials: ['basic' as const] };
/** Who may wait for a call is said by its roster, not by clocks, which may be hours apart. */
const LIFETIME = { notBefore: 0n, notAfter: 2n ** 64n - 1n };
const XWING_PUBLIC = 1216;
const SIGNATURE = 64;

/** More leaves than a call's terminals: a Welcome for all of them stays within its bound. */
export const MAX_MEMBERS = 32;

/** The seat's key as this module sees it: it signs, and cannot be read. */
export interface Signer {
  publicKey: Bytes;
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/** A key package of one's own, with its private half. Good for one join. */
export interface OwnPackage {
  bytes: Bytes;
  ref: Bytes;
  publicPackage: KeyPackage;
  privatePackage: PrivateKeyPackage;
}

/** A key package that was read and whose signatures hold. */
export interface ReadPackage {
  /** The seat key in lower-case hex: credential, and the leaf's signature key. */
  key: string;
  bytes: Bytes;
  keyPackage: KeyPackage;
}

export interface Leaf {
  leaf: number;
  key: string;
  /** The leaf node's signature: tells whether a leaf is still that of a certain key package. */
  signature: Uint8Array;
}

/** `unreadable`: not for this state, or broken on the way. `forbidden`: signed by a member, and against the rules. */
export class MlsRefused extends Error {
  constructor(readonly why: 'unreadable' | 'forbidden') {
    super(why);
  }
}

/** A commit of one's own, and the state that it leads to if it is accepted. */
export interface Made {
  commit: Bytes;
  welcome: Bytes | null;
  next: Member;
}

export interface Applied {
  next: Member | 'removed';
  by: number;
  added: Bytes[];
  removed: string[];
  /** Whether the commit renewed the committer's path, so that what was stolen before it is worth nothing after. */
  renewed: boolean;
}

/** Its own rules about credentials: basic, and nothing but the signature key itself (RFC 9420, 5.3). */
const authService = {
  async validateCredential(credential: { credentialType: string }, signaturePublicKey: Uint8Array): Promise<boolean> {
    const { identity } = credential as { identity?: Uint8Array };
    return credential.credentialType === 'basic' && identity?.length === 32 && same(identity, signaturePublicKey);
  },
};

function decode(bytes: Uint8Array, most: number): MLSMessage {
  if (bytes.length > most) throw new MlsRefused('unreadable');
  const read = decodeMlsMessage(bytes, 0);
  // One encoding of each message, so that equal bytes are equal messages and the other way round.
  if (!read || read[1] !== bytes.length || !same(encodeMlsMessage(read[0]), bytes)) throw new MlsRefused('unreadable');
  return read[0];
}

/** RFC 9420, 2.1.2. */
function vector(data: Uint8Array): Bytes {
  const n = data.length;
  const length = n < 64 ? [n] : n < 16384 ? [0x40 | (n >> 8), n & 255] : [0x80 | (n >>> 24), (n >> 16) & 255, (n >> 8) & 255, n & 255];
  return concat(Uint8Array.from(length), data);
}

const labelled = (label: string, content: Uint8Array) => concat(vector(new TextEncoder().encode(`MLS 1.0 ${label}`)), vector(content));

/** A signer's side of RFC 9420: makes key packages, reads those of others, creates and joins groups. */
export class Mls {
  private constructor(
    private readonly signer: Signer,
    readonly cs: CiphersuiteImpl,
    private readonly config: ClientConfig,
  ) {}

  static async of(signer: Signer): Promise<Mls> {
    const base = await getCiphersuiteImpl(getCiphersuiteFromName(SUITE));
    const signature = {
      sign: (_token: Uint8Array, message: Uint8Array) => signer.sign(message),
      verify: base.signature.verify,
      keygen: () => Promise.reject(new Error('a seat has one key')),
    };
    const config = {
      keyRetentionConfig: defaultKeyRetentionConfig,
      lifetimeConfig: defaultLifetimeConfig,
      keyPackageEqualityConfig: defaultKeyPackageEqualityConfig,
      paddingConfig: defaultPaddingConfig,
      authService,
    };
    return new Mls(signer, { ...base, signature }, config);
  }

  /** A fresh key package (RFC 9420, 10). */
  async package(): Promise<OwnPackage> {
    const credential = { credentialType: 'basic' as const, identity: this.signer.publicKey };
    // The library wants key bytes; it gets an empty place and signs through the handle.
    const pair = { signKey: new Uint8Array(16), publicKey: this.signer.publicKey };
    const { publicPackage, privatePackage } = await generateKeyPackageWithKey(credential, CAPABILITIES, LIFETIME, [], pair, this.cs);
    const bytes = concat(encodeMlsMessage({ version: 'mls10', wireformat: 'mls_key_package', keyPackage: publicPackage }));
    return { bytes, ref: await this.ref(bytes), publicPackage, privatePackage };
  }

  /** RFC 9420, 5.2. A message is two bytes of version and two of wire format before the key package itself. */
  private async ref(bytes: Uint8Array): Promise<Bytes> {
    const value = concat(vector(new TextEncoder().encode('MLS 1.0 KeyPackage Reference')), vector(bytes.subarray(4)));
    return new Uint8Array(await crypto.subtle.digest('SHA-512', value));
  }

  /** Somebody's key package, checked whole (RFC 9420, 10.1), so that one bad one cannot spoil a commit. Throws. */
  async read(bytes: Uint8Array): Promise<ReadPackage> {
    const message = decode(bytes, MAX_PACKAGE);
    if (message.wireformat !== 'mls_key_package') throw new MlsRefused('unreadable');
    const { keyPackage } = message;
    const { leafNode } = keyPackage;
    const key = leafNode.signaturePublicKey;
    const shape =
      keyPackage.cipherSuite === SUITE &&
      keyPackage.extensions.length === 0 &&
      keyPackage.initKey.length === XWING_PUBLIC &&
      keyPackage.signature.length === SIGNATURE &&
      leafNode.leafNodeSource === 'key_package' &&
      leafNode.lifetime.notBefore === LIFETIME.notBefore &&
      leafNode.lifetime.notAfter === LIFETIME.notAfter &&
      plainLeaf(leafNode) &&
      !same(keyPackage.initKey, leafNode.hpkePublicKey);
    if (!shape || !(await authService.validateCredential(leafNode.credential, key))) throw new MlsRefused('forbidden');
    const whole = bytes.subarray(4);
    const signature = 2 + SIGNATURE;
    const tbs = whole.subarray(0, whole.length - signature);
    // Version and suite before the leaf, an empty list of extensions after it.
    const leafTbs = tbs.subarray(4 + 2 + XWING_PUBLIC, tbs.length - 1 - signature);
    const holds =
      (await this.cs.signature.verify(key, labelled('KeyPackageTBS', tbs), keyPackage.signature)) &&
      (await this.cs.signature.verify(key, labelled('LeafNodeTBS', leafTbs), leafNode.signature));
    if (!holds) throw new MlsRefused('forbidden');
    return { key: hex(key), bytes: concat(bytes), keyPackage };
  }

  /** A group of one (RFC 9420, 11). Its epoch 0 is never used: the first commit makes epoch 1. */
  async create(group: Bytes, own: OwnPackage): Promise<Member> {
    return new Member(await createGroup(group, own.publicPackage, own.privatePackage, [], this.cs, this.config), this.cs);
  }

  /** The group to which a Welcome leads, checked whole (RFC 9420, 12.4.3.1); null if it names another key package. Throws. */
  async join(bytes: Uint8Array, own: OwnPackage): Promise<Member | null> {
    const welcome = this.welcome(bytes);
    if (!welcome.secrets.some((secret) => same(secret.newMember, own.ref))) return null;
    try {
      const joined = await joinGroupWithExtensions(welcome, own.publicPackage, own.privatePackage, emptyPskIndex, this.cs, undefined, undefined, this.config);
      const [state, extensions] = joined;
      if (extensions.some((e) => e.extensionType !== 'ratchet_tree')) throw new MlsRefused('forbidden');
      const member = new Member(state, this.cs);
      member.check();
      return member;
    } catch (error) {
      throw error instanceof MlsRefused ? error : new MlsRefused('unreadable');
    }
  }

  private welcome(bytes: Uint8Array): Welcome {
    const message = decode(bytes, MAX_WELCOME);
    if (message.wireformat !== 'mls_welcome' || message.welcome.secrets.length > MAX_MEMBERS) throw new MlsRefused('unreadable');
    return message.welcome;
  }
}

interface LeafData {
  hpkePublicKey: Uint8Array;
  signature: Uint8Array;
  extensions: unknown[];
  capabilities: { versions: unknown[]; ciphersuites: unknown[]; extensions: unknown[]; proposals: unknown[]; credentials: unknown[] };
}

const plainLeaf = (leaf: LeafData) =>
  leaf.hpkePublicKey.length === XWING_PUBLIC &&
  leaf.signature.length === SIGNATURE &&
  leaf.extensions.length === 0 &&
  JSON.stringify(leaf.capabilities) === JSON.stringify(CAPABILITIES);

/** The nodes above one, in a full tree of so many nodes (RFC 9420, appendix C). */
function directPath(node: number, width: number): number[] {
  const root = (width - 1) / 2;
  const out: number[] = [];
  for (let at = node, step = 1; at !== root; step *= 2) {
    at = (at & (2 * step)) === 0 ? at + step : at - step;
    out.push(at);
  }
  return out;
}

/** One epoch of a group as one member holds it. Never changes: a commit leads to another. */
export class Member {
  readonly group: string;
  readonly epoch: number;
  readonly self: number;
  readonly leaves: readonly Leaf[];

  constructor(
    private readonly state: ClientState,
    private readonly cs: CiphersuiteImpl,
  ) {
    this.group = hex(state.groupContext.groupId);
    this.epoch = Number(state.groupContext.epoch);
    this.self = state.privatePath.leafIndex;
    this.leaves = state.ratchetTree.flatMap((node, index) =>
      node?.nodeType === 'leaf' ? [{ leaf: index / 2, key: hex(node.leaf.signaturePublicKey), signature: node.leaf.signature }] : [],
    );
  }

  /** What the library does not check of a tree: one leaf a seat, keys used once, nothing but plain leaves. Throws. */
  check(): void {
    const leaves = this.state.ratchetTree.flatMap((node) => (node?.nodeType === 'leaf' ? [node.leaf] : []));
    const hpke = this.state.ratchetTree.flatMap((node) => (node ? [hex((node.nodeType === 'leaf' ? node.leaf : node.parent).hpkePublicKey)] : []));
    const good =
      leaves.length <= MAX_MEMBERS &&
      leaves.every(plainLeaf) &&
      this.state.groupContext.extensions.length === 0 &&
      new Set(this.leaves.map((l) => l.key)).size === leaves.length &&
      new Set(hpke).size === hpke.length;
    if (!good) throw new MlsRefused('forbidden');
  }

  /** Members of whom some node above does not know yet (RFC 9420, 4.1.2): they joined and have not committed since. */
  get unmerged(): number[] {
    return this.state.ratchetTree.flatMap((node) => (node?.nodeType === 'parent' ? node.parent.unmergedLeaves : []));
  }

  /**
   * Whether the library lets a newcomer into this tree. It asks more than RFC 9420, 7.9: all nodes above a leaf that
   * lists it as unmerged must list the same leaves, so some good trees are refused, and must not be offered.
   */
  joinable(): boolean {
    const tree = this.state.ratchetTree;
    return tree.every((node) => {
      if (node?.nodeType !== 'parent') return true;
      const list = node.parent.unmergedLeaves;
      return list.every((leaf) =>
        directPath(2 * leaf, tree.length).every((at) => {
          const above = tree[at];
          return above?.nodeType !== 'parent' || String(above.parent.unmergedLeaves) === String(list);
        }),
      );
    });
  }

  /** One commit that removes these leaves, then adds these packages; with neither it renews this member's path (RFC 9420, 12.4). */
  async commit(remove: number[], add: ReadPackage[]): Promise<Made> {
    const extraProposals: Proposal[] = [
      ...remove.map((removed) => ({ proposalType: 'remove' as const, remove: { removed } })),
      ...add.map(({ keyPackage }) => ({ proposalType: 'add' as const, add: { keyPackage } })),
    ];
    const made = await createCommit({ state: this.state, cipherSuite: this.cs }, { extraProposals, ratchetTreeExtension: true });
    const next = new Member({ ...made.newState, historicalReceiverData: new Map() }, this.cs);
    next.check();
    const welcome = made.welcome
      ? concat(encodeMlsMessage({ version: 'mls10', wireformat: 'mls_welcome', welcome: made.welcome }))
      : null;
    return { commit: concat(encodeMlsMessage(made.commit)), welcome, next };
  }

  /**
   * Another member's commit of this epoch: Adds and Removes by value and nothing else, so no external commits, no
   * proposals by reference, no other extensions (RFC 9420, 12.2). This state stays as it is. Throws.
   */
  async apply(bytes: Uint8Array): Promise<Applied> {
    const message = decode(bytes, MAX_COMMIT);
    if (message.wireformat !== 'mls_private_message') throw new MlsRefused('unreadable');
    const { privateMessage } = message;
    const ours =
      privateMessage.contentType === 'commit' &&
      hex(privateMessage.groupId) === this.group &&
      privateMessage.epoch === this.state.groupContext.epoch &&
      privateMessage.authenticatedData.length === 0;
    if (!ours) throw new MlsRefused('unreadable');
    const applied: Omit<Applied, 'next'> = { by: -1, added: [], removed: [], renewed: false };
    const me = this.leaves.find((l) => l.leaf === this.self)?.key ?? '';
    const leaves = () => applied.removed.includes(me);
    try {
      const result = await processPrivateMessage(this.state, privateMessage, emptyPskIndex, this.cs, (incoming) =>
        incoming.kind === 'commit' && this.allows(incoming.senderLeafIndex, incoming.proposals, applied) ? 'accept' : 'reject',
      );
      if (result.kind !== 'newState' || result.actionTaken === 'reject') throw new MlsRefused('forbidden');
      if (leaves()) return { ...applied, next: 'removed' };
      const next = new Member({ ...result.newState, historicalReceiverData: new Map() }, this.cs);
      next.check();
      return { ...applied, next };
    } catch (error) {
      // The library does not see its own removal when the place is taken again in the same commit, and stumbles.
      if (leaves()) return { ...applied, next: 'removed' };
      throw error instanceof MlsRefused ? error : new MlsRefused('unreadable');
    }
  }

  private allows(by: number | undefined, proposals: { proposal: Proposal; senderLeafIndex: number | undefined }[], into: Omit<Applied, 'next'>): boolean {
    if (by === undefined) return false;
    // One's own commit, of a worker that is gone or whose next state was let go: its path cannot be read.
    if (by === this.self) throw new MlsRefused('unreadable');
    into.by = by;
    into.renewed = proposals.length === 0;
    for (const { proposal, senderLeafIndex } of proposals) {
      if (senderLeafIndex !== by) return false;
      if (proposal.proposalType === 'add') {
        const { keyPackage } = proposal.add;
        into.added.push(concat(encodeMlsMessage({ version: 'mls10', wireformat: 'mls_key_package', keyPackage })));
      } else if (proposal.proposalType === 'remove') {
        const leaf = this.leaves.find((l) => l.leaf === proposal.remove.removed);
        if (!leaf) return false;
        into.removed.push(leaf.key);
        into.renewed = true;
      } else {
        return false;
      }
    }
    return true;
  }

  /** RFC 9420, 8.5. */
  async export(label: string, context: Uint8Array, length: number): Promise<Bytes> {
    return concat(await mlsExporter(this.state.keySchedule.exporterSecret, label, context, length, this.cs));
  }

  /** Overwrites this epoch's secrets. As far as a browser's memory can be overwritten. */
  wipe(): void {
    for (const secret of Object.values(this.state.keySchedule)) zeroOutUint8Array(secret);
  }
}
