import { describe, expect, test } from "vitest";
import { detectLanguage } from "../../../src/text/analysis/detect-language.ts";

describe("the language of a document", () => {
  test.each([
    ["en", "The store keeps its data in a folder, and you can delete it when it is not needed."],
    ["ar", "يحتفظ المخزن ببياناته في مجلد ويمكنك حذفه عندما لا تحتاج إليه بعد الآن"],
    ["da", "Lageret gemmer sine data i en mappe, og du kan slette den, når du ikke længere har brug for den."],
    [
      "de",
      "Der Speicher legt seine Daten in einem Ordner ab, den man löschen kann, wenn er nicht mehr gebraucht wird.",
    ],
    ["el", "Η αποθήκη κρατά τα δεδομένα της σε έναν φάκελο."],
    ["es", "El almacén guarda sus datos en una carpeta, que se puede borrar cuando ya no se necesita."],
    ["fi", "Varasto säilyttää tietonsa kansiossa, jonka voit poistaa, kun et enää tarvitse sitä."],
    ["fr", "Le magasin garde ses données dans un dossier que vous pouvez supprimer quand il ne sert plus."],
    ["hi", "भंडार अपना डेटा एक फ़ोल्डर में रखता है, जिसे आप ज़रूरत न होने पर हटा सकते हैं।"],
    ["hu", "A tároló egy mappában tartja az adatait, amelyet törölhet, ha már nincs rá szüksége."],
    ["it", "Il magazzino conserva i suoi dati in una cartella, che si può cancellare quando non serve più."],
    ["ja", "ストアはデータをフォルダに保存します。API と CLI から使えます。"],
    ["ko", "저장소는 데이터를 폴더에 보관합니다."],
    ["nl", "De opslag bewaart zijn gegevens in een map, die je kunt verwijderen wanneer je hem niet meer nodig hebt."],
    ["pt", "O armazém guarda os seus dados numa pasta, que pode ser apagada quando já não é precisa."],
    ["ru", "Хранилище держит данные в папке, которую можно удалить, когда она больше не нужна."],
    ["sv", "Lagret sparar sina data i en mapp, som du kan ta bort när du inte behöver den längre."],
    ["th", "ที่เก็บข้อมูลเก็บข้อมูลไว้ในโฟลเดอร์"],
    ["tr", "Depo verilerini bir klasörde tutar ve artık gerekmediğinde bu klasörü silebilirsiniz."],
    ["uk", "Сховище тримає дані в теці, яку можна видалити, коли вона більше не потрібна."],
    ["zh", "存储将数据保存在文件夹中，通过 GPU 加速。"],
    ["und", "Magazyn przechowuje swoje dane w katalogu, który można usunąć, gdy nie jest już potrzebny."],
  ])("%s: %s", async (language, text) => {
    expect(await detectLanguage(text)).toBe(language);
  });

  test.each([
    ["nothing", ""],
    ["a line of data", "ab".repeat(20_000)],
    ["a title", "Choosing Cluster Nodes"],
    ["a table of numbers", "| a | b |\n|---|---|\n| 1 | 2.5 |\n| 3 | 4.5 |"],
    ["code", "```js\nconst lösche = await ordner.löschen(der, die, das);\n```"],
  ])("is English for %s", async (_, text) => {
    expect(await detectLanguage(text)).toBe("en");
  });

  test.each([
    [
      "en",
      "Milvus cluster settings: etcd endpoints, minio bucket, pulsar topics, query node cache size, root path for logs. Restart the cluster after changes. Values of each parameter: milliseconds, megabytes, percent. Log level, log format, proxy port, proxy timeout, maximum collection number, maximum partition number, search cache, index build parallelism, data sync interval and disk usage limits.",
    ],
    [
      "nl",
      "Instellingen van het cluster: etcd endpoints, minio bucket, pulsar topics, de cache van query node, root path voor logs. Start het cluster opnieuw na wijzigingen. Waarden van elke parameter: milliseconden, megabytes. The log level, the log format, proxy port en proxy timeout, de maximale omvang van een collectie en hoe vaak data naar schijf wordt geschreven.",
    ],
    [
      "id",
      "Pengaturan cluster: etcd endpoints, minio bucket, pulsar topics, cache dari query node, root path untuk log. Mulai ulang cluster setelah perubahan pada nilai parameter dengan satuan megabytes. The log level, the log format, proxy port dan proxy timeout, jumlah maksimum collection yang ada di dalam database, dan batas penggunaan disk untuk data.",
    ],
  ])("is %s for a page of settings in it", async (language, text) => {
    expect(await detectLanguage(text)).toBe(language);
  });

  test("is that of the prose, however much code stands in it", async () => {
    const code = "```js\nfor (const row of the.table) { if (this.is(row)) return from(this.and(that)); }\n```\n".repeat(
      20,
    );
    const text = `${code}Der Speicher legt seine Daten in einem Ordner ab, und man kann ihn jederzeit löschen.\n\n${code}`;
    expect(await detectLanguage(text)).toBe("de");
  });

  test("is that of the text around names of people of another language", async () => {
    const names = "Mary Wood, Peter Field, Susan Lake Hill, Robert Stone, Emily Rivers";
    expect(
      await detectLanguage(`Zu den bekannten Politikern gehören ${names} und auch ${names}, die hier studiert haben.`),
    ).toBe("de");
  });

  test("is the usual one of its script where the text is short", async () => {
    expect(await detectLanguage("Хранилище")).toBe("ru");
    expect(await detectLanguage("الجامعة")).toBe("ar");
  });
});
