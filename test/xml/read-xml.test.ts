import { expect } from 'chai';
import fc from 'fast-check';
import { element } from '../../src/xml/element.ts';
import { childOf, childrenOf, elementAt, readXml, type XmlElement } from '../../src/xml/read-xml.ts';

/** The element, or a failure that says what is wrong. */
function read(text: string): XmlElement {
  const found = readXml(text);
  if ('wrong' in found) throw new Error(`${found.line}:${found.column}: ${found.wrong}`);
  return found;
}

const fault = (text: string): string => {
  const found = readXml(text);
  return 'wrong' in found ? found.wrong : 'nothing is wrong';
};

describe('xml/read-xml', () => {
  it('reads elements, attributes and texts with their namespaces', () => {
    const root = read(
      '<?xml version="1.0"?><!-- no word --><a:one xmlns:a="urn:a" xmlns="urn:b" plain="1" a:other="2" xml:lang="en">' +
        'x&amp;&#65;<two>in<![CDATA[ <cdata> ]]></two>y<a:two/></a:one>',
    );
    expect([root.space, root.name, root.text]).to.deep.equal(['urn:a', 'one', 'x&Ay']);
    expect({ ...root.attributes }).to.deep.equal({ plain: '1' });
    expect(root.children.map(({ space, name, text }) => [space, name, text])).to.deep.equal([
      ['urn:b', 'two', 'in <cdata> '],
      ['urn:a', 'two', ''],
    ]);
    expect(childOf(root, 'two')?.space).to.equal('urn:a');
    expect(childrenOf(root, 'two', 'urn:b')).to.have.length(1);
    expect(elementAt(root, 'two', 'three')).to.equal(undefined);
  });

  it('refuses what could be more than it is', () => {
    const lol = '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><l>&b;</l>';
    const outside = '<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]><l>&x;</l>';
    for (const text of [lol, outside, '<!DOCTYPE html><l/>']) expect(fault(text)).to.equal('has a DOCTYPE');
    expect(fault('<l>&b;</l>')).to.match(/undefined entity/);
    expect(fault('<l><?php x ?></l>')).to.equal('has a processing instruction');
    expect(fault(`${'<a>'.repeat(40)}${'</a>'.repeat(40)}`)).to.equal('is deeper than 32 elements');
    expect(fault(`<a>${'<b/>'.repeat(10_001)}</a>`)).to.equal('has more than 10000 elements');
    expect(fault(`<a>${'x'.repeat(1 << 20)}</a>`)).to.equal('longer than 1048576 characters');
  });

  it('refuses what is not well-formed, and says where', () => {
    for (const text of ['', ' ', '<a>', '<a></b>', '<a/><b/>', '<a x="1" x="2"/>', '<a>\u0000</a>', 'text', '<p:a/>'])
      expect(fault(text), text).not.to.equal('nothing is wrong');
    expect(readXml('<a>\n <b></c></a>')).to.include({ line: 2 });
  });

  it('has no attribute that was not written', () => {
    const { attributes } = read('<a/>');
    expect(attributes.constructor).to.equal(undefined);
    expect(read('<a constructor="x"/>').attributes.constructor).to.equal('x');
  });

  it('reads what is written, and never throws', () => {
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(text, text, (inner, attribute) => {
        const root = read(element('a', { b: attribute }, [element('c', {}, inner)]));
        const kept = (one: string) =>
          // biome-ignore lint/suspicious/noControlCharactersInRegex: what XML cannot say at all
          one.toWellFormed().replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd');
        expect(root.children[0]!.text).to.equal(kept(inner));
        expect(root.attributes.b).to.equal(kept(attribute));
      }),
    );
    const pieces = fc.array(
      fc.constantFrom('<a', '>', '</a>', '<', '&', ';', '"', '=', ' x', '<!', '[', ']]>', '--', 'é', '\u0000'),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          text,
          pieces.map(all => all.join('')),
        ),
        any => {
          readXml(any);
        },
      ),
      { numRuns: 500 },
    );
  });
});
