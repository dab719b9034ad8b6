/**
 * Proof of sight: what a proof takes, how long it is made and checked, what hashing for it adds to sealing, and how often a
 * guess passes, beside what the filters themselves allow: node test/bench/sight.ts [GUESSES]
 */
import { randomBytes } from 'node:crypto';
import { createHash } from 'node:crypto';
import { leafHash, merkleRoot } from '../../src/probe/merkle.ts';
import { mixedDigest, windowKey } from '../../src/probe/mixed-digest.ts';
import { falseSightings } from '../../src/probe/sealed-filter.ts';
import { openSealer, type SeenKeys } from '../../src/probe/sealer.ts';
import { checkSight, proveSight } from '../../src/probe/sight-proof.ts';
import { storageKey } from '../../src/probe/storage-key.ts';
import { encodeWindow } from '../../src/probe/window-file.ts';
import { besideHash, hashShards, PIECE_BLOCKS, treeOf } from '../../src/probe/window-tree.ts';
import { checkProof, encodeProof, proofOf } from '../../src/traceback/proof.ts';
import { pathToCommitment } from '../../src/traceback/commitment.ts';
import { partOf, sealed } from '../probe/sealing.ts';
