import { expect } from 'chai';
import { bigintArray, textArray } from '../../../src/store/postgresql/arrays.ts';

const octets = (text: string) => text.replaceAll(' ', '');

describe('store/postgresql/arrays', () => {
  it('writes lists as PostgreSQL reads them', () => {
    expect(textArray(['a', '', 'é']).toString('hex')).to.equal(
      octets('00000001 00000000 00000019 00000003 00000001 00000001 61 00000000 00000002 c3a9'),
    );
    expect(bigintArray([1, -1, 2 ** 53 - 1]).toString('hex')).to.equal(
      octets(
        '00000001 00000000 00000014 00000003 00000001 00000008 0000000000000001 00000008 ffffffffffffffff 00000008 001fffffffffffff',
      ),
    );
  });

  it('has nulls', () => {
    expect(textArray([null, 'a', '']).toString('hex')).to.equal(
      octets('00000001 00000001 00000019 00000003 00000001 ffffffff 00000001 61 00000000'),
    );
    expect(bigintArray([null, 2]).toString('hex')).to.equal(
      octets('00000001 00000001 00000014 00000002 00000001 ffffffff 00000008 0000000000000002'),
    );
  });

  it('has no dimension where there is nothing, and no NUL', () => {
    expect(textArray([]).toString('hex')).to.equal(octets('00000000 00000000 00000019'));
    expect(bigintArray([]).toString('hex')).to.equal(octets('00000000 00000000 00000014'));
    expect(textArray(['\0']).subarray(-3).toString('hex')).to.equal('efbfbd');
  });
});
