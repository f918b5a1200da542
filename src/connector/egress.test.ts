import assert from "node:assert/strict";
import { test } from "node:test";
import { isError } from "../base/errors.ts";
import { checkUrl, publicAddresses, simulatorAddresses, whyForbidden, type AddressPolicy } from "./egress.ts";

const refused = (url: string, policy: AddressPolicy = publicAddresses): boolean => {
  try {
    checkUrl(new URL(url), policy);
    return false;
  } catch (error) {
    assert.ok(isError(error, "address.forbidden"), String(error));
    return true;
  }
};

test("no spelling of a loopback, private, link-local or metadata address passes", () => {
  const spellings = [
    "https://127.0.0.1",
    "https://2130706433",
    "https://0x7f000001",
    "https://0177.0.0.1",
    "https://127.1",
    "https://127.0.0.1.",
    "https://１２７.０.０.１",
    "https://0",
    "https://[::1]",
    "https://[::]",
    "https://[::ffff:127.0.0.1]",
    "https://[::ffff:10.0.0.1]",
    "https://[64:ff9b::7f00:1]",
    "https://[2002:7f00:1::]",
    "https://[2001:0:7f00:1::]",
    "https://[fe80::1]",
    "https://[fd00::1]",
    "https://[ff02::1]",
    "https://10.1.2.3",
    "https://172.16.0.1",
    "https://192.168.1.1",
    "https://100.64.0.1",
    "https://169.254.169.254",
    "https://[fd00:ec2::254]",
    "https://198.18.0.1",
    "https://255.255.255.255",
    "https://224.0.0.1",
  ];
  assert.deepEqual(
    spellings.filter((url) => !refused(url)),
    [],
  );
});

test("public addresses pass by https on its ports, and nothing else does", () => {
  assert.equal(refused("https://example.com"), false);
  assert.equal(refused("https://93.184.216.34"), false);
  assert.equal(refused("https://[2606:2800:220:1::1]"), false);
  assert.equal(refused("https://example.com:8443"), false);
  assert.equal(refused("https://example.com:5432"), true);
  assert.equal(refused("http://example.com"), true);
  assert.equal(refused("ftp://example.com"), true);
  assert.equal(refused("https://user:secret@example.com"), true);
});

test("a simulator's connection reaches loopback, and still nothing private", () => {
  assert.equal(refused("http://127.0.0.1:4401", simulatorAddresses), false);
  assert.equal(refused("http://localhost:4401", simulatorAddresses), false);
  assert.equal(refused("http://[::1]:4401", simulatorAddresses), false);
  assert.equal(refused("http://10.0.0.1:4401", simulatorAddresses), true);
  assert.equal(refused("https://169.254.169.254", simulatorAddresses), true);
  assert.equal(refused("http://example.com", simulatorAddresses), true);
});

test("a range that an administrator listed is reached by https", () => {
  const policy: AddressPolicy = { simulator: false, listed: ["10.20.0.0/16"] };
  assert.equal(refused("https://10.20.3.4:9443", policy), false);
  assert.equal(refused("https://10.21.3.4", policy), true);
  assert.equal(refused("http://10.20.3.4", policy), true);
  assert.equal(whyForbidden("10.20.3.4", policy), null);
});

test("a listed address is reached by plain http only where that is said, and only where it stands in the URL itself", () => {
  const policy: AddressPolicy = { simulator: false, listed: ["10.20.0.0/16", "::1"], plain: true };
  assert.equal(refused("http://10.20.3.4:9000/hook", policy), false);
  assert.equal(refused("http://[::1]:9000/hook", policy), false);
  assert.equal(refused("http://10.21.3.4", policy), true);
  assert.equal(refused("http://127.0.0.1", policy), true);
  assert.equal(refused("http://93.184.216.34", policy), true);
  assert.equal(refused("http://relay.example.com", policy), true);
});
