import { expect, it } from "vitest";
import { loaderFor } from "../../src/loaders/loader-for-file.ts";

async function load(source: string, lines: readonly string[]) {
  const bytes = Buffer.from(lines.join("\r\n"));
  return (await loaderFor(source, bytes)).load({ source, bytes });
}

const head = [
  "From: =?utf-8?q?Ad=C3=A1?= <ada@example.com>",
  "To: Bob <bob@example.com>, carl@example.com",
  "Subject: =?utf-8?b?R3LDvMOfZQ==?=",
  "Date: Wed, 01 May 2024 10:00:00 +0200",
  "Message-ID: <1@example.com>",
  "MIME-Version: 1.0",
];

it("a mail is its text; headers are metadata, attachments are named", async () => {
  const { document } = await load("mail/a.eml", [
    ...head,
    'Content-Type: multipart/mixed; boundary="b"',
    "",
    "--b",
    "Content-Type: text/plain; charset=iso-8859-1",
    "Content-Transfer-Encoding: quoted-printable",
    "",
    "# Hello =FCber",
    "--b",
    'Content-Type: application/pdf; name="plan.pdf"',
    'Content-Disposition: attachment; filename="plan.pdf"',
    "Content-Transfer-Encoding: base64",
    "",
    "AAAA",
    "--b--",
  ]);
  expect(document).toMatchObject({ title: "Grüße", format: "eml", places: "none", markup: "plain" });
  expect(document.pages).toEqual([{ text: "# Hello über\n\nAttachments: plan.pdf" }]);
  expect(document.metadata).toEqual({
    attachments: ["plan.pdf"],
    created: "2024-05-01T08:00:00.000Z",
    from: "Adá <ada@example.com>",
    messageId: "<1@example.com>",
    subject: "Grüße",
    to: ["Bob <bob@example.com>", "carl@example.com"],
  });
});

it("a mail in HTML alone is read as a page", async () => {
  const { document } = await load("a.eml", [
    ...head,
    "Content-Type: text/html",
    "",
    "<h1>News</h1><ul><li>one</li></ul>",
  ]);
  expect(document).toMatchObject({ markup: "markdown", pages: [{ text: "# News\n\n- one" }] });
});

it("a page that a browser saved as a mail is read as a page", async () => {
  const html = "<body><nav>Menu</nav><h1>News</h1><p>words</p><footer>Imprint</footer></body>";
  const { document } = await load("a.mhtml", [
    "From: <Saved by Blink>",
    "Subject: News",
    'Content-Type: multipart/related; type="text/html"; boundary="b"',
    "",
    "--b",
    "Content-Type: text/html",
    "Content-Location: https://example.com/news",
    "",
    html,
    "--b",
    "Content-Type: image/png",
    "Content-Transfer-Encoding: base64",
    "Content-Location: https://example.com/logo.png",
    "",
    "AAAA",
    "--b--",
  ]);
  expect(document).toMatchObject({ title: "News", markup: "markdown", pages: [{ text: "# News\n\nwords" }] });
});

it("a mailbox is its mails one after another", async () => {
  const { document, warnings } = await load("a.mbox", [
    "From ada@example.com Wed May  1 10:00:00 2024",
    ...head,
    "",
    "First",
    ">From me",
    "",
    "From bob@example.com Wed May  1 11:00:00 2024",
    "Subject: Second",
    "",
    "Text",
  ]);
  expect(document.pages.map((page) => page.text)).toEqual([
    "Grüße\n\nAdá <ada@example.com>, 2024-05-01T08:00:00.000Z\n\nFirst\nFrom me",
    "Second\n\nText",
  ]);
  expect(warnings).toEqual([]);
});

/** A mail of a text and what is attached to it: name, type and content. */
function mailWith(attachments: readonly (readonly [name: string | null, type: string, content: string | Buffer])[]) {
  const parts = attachments.flatMap(([name, type, content]) => [
    "--b",
    `Content-Type: ${type}`,
    `Content-Disposition: attachment${name === null ? "" : `; filename="${name}"`}`,
    ...(type === "message/rfc822" ? [] : ["Content-Transfer-Encoding: base64"]),
    "",
    type === "message/rfc822" ? String(content) : Buffer.from(content).toString("base64"),
  ]);
  const text = ["--b", "Content-Type: text/plain", "", "See below."];
  return [...head, 'Content-Type: multipart/mixed; boundary="b"', "", ...text, ...parts, "--b--"];
}

const attachments = [
  ["notes.txt", "text/plain", "Meet at noon."],
  ["prices.csv", "text/csv", "Name;Price\nBolt;3"],
  ["old.doc", "application/msword", Buffer.from("d0cf11e0a1b11ae1", "hex")],
  ["logo.png", "image/png", Buffer.from("89504e47", "hex")],
  ["signature.asc", "application/pgp-signature", "-----BEGIN PGP SIGNATURE-----"],
  [null, "message/rfc822", "From: Eve <eve@example.com>\r\nSubject: Inner\r\n\r\nForwarded words.\r\n"],
] as const;

it("attachments of a known format are read, in a mail that is forwarded too", async () => {
  const { document, warnings } = await load("a.eml", mailWith(attachments));
  expect(document.pages.map((page) => page.text)).toEqual([
    "See below.\n\nAttachments: notes.txt, prices.csv, old.doc, logo.png, signature.asc, forwarded.eml",
    "Attachment: notes.txt\n\nMeet at noon.",
    "Attachment: prices.csv\n\nName; Price\nName: Bolt; Price: 3",
    "Attachment: forwarded.eml\n\nInner\n\nForwarded words.",
  ]);
  expect(warnings).toEqual([expect.stringMatching(/^attachment old\.doc is not read: /)]);
});

it("attachments in a mailbox stand behind their mail, with its subject", async () => {
  const { document, warnings } = await load("a.mbox", [
    "From ada@example.com Wed May  1 10:00:00 2024",
    ...mailWith(attachments.slice(0, 1)),
    "",
    "From ada@example.com Wed May  1 11:00:00 2024",
    "Subject: Second",
    "",
    "Text",
  ]);
  expect(document.pages.map((page) => page.text).slice(1)).toEqual([
    "Attachment: notes.txt (Grüße)\n\nMeet at noon.",
    "Second\n\nText",
  ]);
  expect(warnings).toEqual([]);
});

it("binary data is no mail", async () => {
  const bytes = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");
  await expect((await loaderFor("a.eml", bytes)).load({ source: "a.eml", bytes })).rejects.toMatchObject({
    code: "unreadable-mail",
    message: "the mail cannot be read: it looks like a PNG image",
  });
});
