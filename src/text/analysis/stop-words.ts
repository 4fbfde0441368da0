import { stopWordsByLanguage } from "../stop-words.ts";
import { normalizedWord } from "./fold.ts";
import type { Language } from "./language.ts";

/**
 * Words without a subject, question words above all: of languages that `../stop-words.ts` does not have, and those of its
 * languages that mean something in another one ("war", "hat", "gab"), because it compares with all languages at once.
 */
const more: Partial<Record<Language, string>> = {
  ar: "في من على إلى عن أن إن ما ماذا متى أين كيف لماذا من هل كم أي التي الذي الذين هذا هذه ذلك تلك هو هي هم كان كانت مع أو ثم لا لم لن قد كل بعد قبل بين عند",
  bg: "и в на за от с по че да се не как какво кой коя кое кои кога къде защо е са при до или",
  ca: "el la els les un una de del dels i o a en amb per que què com quan on qui quin quina quins és són no es se",
  da: "og i at det en et den de til er som på med for af der han hun hvad hvem hvor hvornår hvordan hvorfor hvilken hvilket hvilke kan jeg man ikke om har var blev fra",
  de: [
    "ab aller alles also alle anderen andere anderer auch aus außer befand befanden befindet befinden bin bis bisher da dabei",
    "dafür dagegen daher damit danach dann daran darauf daraus darin darüber darum davon dazu denn dessen deren derer deshalb",
    "dies diese diesem diesen dieser dieses doch dort du durch ebenso eigentlich eines er es etwa etwas euch euer eure gab",
    "ganz geben gegen gehabt gibt ging geht habe haben hast hatte hatten hätte hätten heißen heißt hieß hießen hier hin hinter",
    "ihm ihn ihnen ihr ihre ihrem ihren ihrer ihres immer indem ins ja jede jedem jeden jeder jedes jedoch jene jener jenes jetzt",
    "kannst kein keine keinem keinen keiner konnte konnten könnte könnten können lässt lassen lautet lautete ließ ließen",
    "mal mehr mein meine meinem meinen meiner mich mir möchte möchten mögen muss müssen musste mussten neben noch nun nur ob",
    "ohne schon sehr sein seine seinem seinen seiner seines seit sich so sobald sodass sogar solche solcher solches soll sollen",
    "sollte sollten sondern sonst soweit sowie über überhaupt uns unser unsere unter viel viele vielen vieler vom vor während",
    "war waren warst weder wegen weil welchem welchen wem wen wenig wenige weniger wessen weshalb wieso wieviel",
    "wievielte will wir wird wobei wodurch wofür wogegen woher wohin womit wonach woran worauf woraus worin worüber worum",
    "wovon wovor wozu wurde wurden würde würden worden geworden zwischen",
  ].join(" "),
  el: "και το τα του της των ο η οι στο στη στην στα σε με για από που πως πώς τι ποιος ποια ποιο πότε πού γιατί είναι ένα μια δεν να θα",
  fa: "و در به از که این آن را با برای است هست چه چگونه چرا کجا کی کدام چند یا تا بر هم می شد بود",
  fi: "ja on ei se että mitä mikä missä milloin miten miksi kuka kuinka joka jotka tai oli ovat olla kun niin myös voi mihin mistä",
  hi: "का के की में है हैं और को से पर यह वह क्या कैसे कब कहाँ कौन क्यों था थी थे ने एक या किस कितने लिए",
  hu: "a az és hogy nem is egy mi mit ki hol mikor hogyan miért melyik mely van volt vagy ez azt ezt meg de",
  id: "yang di ke dari dan untuk dengan pada adalah ini itu apa siapa kapan bagaimana mengapa mana atau dalam oleh tidak akan saya bisa",
  it: "il lo la i gli le un uno una di del della dei delle dello degli a al alla ai alle da dal dalla in nel nella nei nelle con su sul sulla per e o che chi cosa come quando dove quale quali quanto quanti perché è sono era si non",
  nl: "de het een en van in op te is dat die voor met zijn aan er niet ook als om wat wie waar wanneer hoe waarom welke welk kan ik je door bij of naar was werd worden",
  no: "og i at det en et den de til er som på med for av der han hun hva hvem hvor når hvordan hvorfor hvilken hvilket hvilke kan jeg man ikke om har var ble fra",
  ro: "și în de la cu pe pentru un o ce cine cum când unde care de este sunt a al ale nu se din sau",
  ru: "и в во не что он на я с со как а то все она так его но да к у же за бы по от из о об для до при или это эта этот эти какой какая какое какие каком какую каких кто кого кем чем чему где когда почему зачем сколько ли был была было были есть является",
  sr: "и у на је да се од за са су што шта ко како када где зашто који која које i u na je da se od za sa su što šta ko kako kada gde zašto koji koja koje",
  sv: "och i att det en ett den de till är som på med för av han hon vad vem var när hur varför vilken vilket vilka kan jag man inte om har blev från",
  tr: "ve bir bu şu o ne nasıl neden niçin nerede hangi kim kaç mi mı mu mü için ile da de olarak olan ya veya ne zaman",
  uk: "і в у на не що з із як а то та до за по від про для при або це цей ця ці який яка яке які хто де коли чому скільки чи був була було були є",
};

const known = new Map<Language, ReadonlySet<string>>();

/** The stop words of a language, normalised as `normalizedWord` does it; empty where none are known. */
export function stopWordsOf(language: Language): ReadonlySet<string> {
  let set = known.get(language);
  if (set === undefined) {
    const listed: Partial<Record<Language, ReadonlySet<string>>> = stopWordsByLanguage;
    const words = [...(listed[language] ?? []), ...(more[language]?.split(" ") ?? [])];
    // An apostrophe parts or joins words before they are compared.
    set = new Set(
      words.flatMap((word) => [normalizedWord(word, language), normalizedWord(word.replaceAll("'", ""), language)]),
    );
    known.set(language, set);
  }
  return set;
}
