import { expect, test } from "vitest";
import { encodedTerm, encodedTerms } from "../../../src/text/analysis/encoded-terms.ts";

test("a term of letters and digits is itself, any other one is made of them", () => {
  expect(encodedTerms("store e0308 数据 книг 2.4.6 c++ สวัสดี")).toMatch(/^store e0308 数据 книг( zz[a-z0-9]+){3}$/);
  // A term that looks encoded is encoded too.
  expect(encodedTerm("zzfoobar")).not.toBe("zzfoobar");
  expect(encodedTerm("fö")).toBe("fö");
  expect(encodedTerm("foo-bar")).toBe("zzcpnmubb2c5p0");
});

test("different terms stay different", () => {
  const terms = [
    "a",
    "zz",
    "zza",
    "zz61",
    "c+",
    "c++",
    "c#",
    "2.4",
    "24",
    "数",
    "数据",
    "据",
    "ä",
    "a\u0308",
    "б",
    "\u{1d4b3}",
    "zzcr1rc",
    "fö",
  ];
  expect(new Set(terms.map(encodedTerm)).size).toBe(terms.length);
});
