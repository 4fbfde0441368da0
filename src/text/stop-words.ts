/**
 * Words that carry no subject: articles, pronouns, auxiliaries, and the words that questions are asked with.
 * Short on purpose: rarity in the text at hand does the rest.
 */
export const stopWordsByLanguage = {
  en: words(
    "a about after all also am an and any are as at be because been before being between both but by can could did do",
    "does doing done down each either for from get gets give given go had has have having he her here him his how i if",
    "in into is it its itself just let like may me might mine more most much must my need no nor not of off on once one only",
    "or other our ours out over own please same shall she should so some such take tell than that the their theirs them then",
    "there these they this those through to too under until up upon us use used using very was way we were what when",
    "where whether which while who whom whose why will with within without would you your yours",
    "don't doesn't isn't aren't can't won't i'm it's what's that's",
  ),
  es: words(
    "al como con cual cuales cuando de del donde el en es esta este la las lo los mas o para pero por porque que quien se",
    "ser si sin sobre son su sus un una uno y",
  ),
  pt: words(
    "da das do dos e em na nas no nos ao aos os as um uma qual quais onde quando quem ou pelo pela para por que se",
  ),
  fr: words(
    "au aux avec ce ces dans de des du est et il ils je la le les leur ne ou par pas plus pour quand que quel quelle quels",
    "quelles qui quoi se sont sur un une vous",
  ),
  de: words(
    "aber als am auf aus bei das dem den der des die ein eine einem einen einer es für fur hat ich im in ist kann man mit nach",
    "nicht oder sich sie sind um und von wann warum was welche welcher welches wenn wer werden wie wird wo zu zum zur",
  ),
  zh: words(
    "的 了 是 在 和 与 及 或 吗 呢 吧 啊 这 那 这个 那个 我 你 他 它 我们 你们 他们 有 没有 被 把 从 到 对 为 以 也 都 就 会 能 可以",
    "什么 怎么 怎样 如何 哪 哪里 哪些 哪个 为什么 谁 多少 几 请问 是否 请 们 什麼 怎麼 哪裡 為什麼 嗎",
  ),
  ja: words("何 誰 何時 為 場合 方法 こと もの どこ どう どの なぜ いつ どんな どのように ですか ますか"),
  th: words(
    "ที่ และ คือ อะไร อย่างไร ใน ของ เป็น มี ได้ ให้ จาก กับ ว่า ไหน ทำไม เมื่อ ใคร กี่ เท่าไร เท่าไหร่ หรือ ไม่ จะ การ ความ นี้ นั้น ซึ่ง โดย แล้ว ก็ ถูก ใด",
  ),
} satisfies Record<string, ReadonlySet<string>>;

/** Of every language, lower case. */
export const stopWords: ReadonlySet<string> = new Set(Object.values(stopWordsByLanguage).flatMap((set) => [...set]));

function words(...lines: string[]): ReadonlySet<string> {
  return new Set(lines.flatMap((line) => line.split(" ")));
}
