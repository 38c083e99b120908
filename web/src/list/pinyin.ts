/**
 * Finds Chinese names by how they are spelled: whole syllables, their first letters, and a mixture of both.
 *
 * Owns: the spelling of characters, as far as it takes no table of all of them. The order that browsers sort Chinese in
 * is that of pinyin, so the first character of each syllable is enough. Promises: of the 6,763 characters in common use, all
 * but some rare ones are spelled as the server spells them; where a browser does not sort so, nobody is found. Not here:
 * most readings beside the usual one, which the server knows (`search/people`).
 */
import { fold } from "./match.ts";

/** How a name was found: as {@link rank} tells it, and where. */
export interface Spelled {
  rank: number;
  marks: [from: number, to: number][];
}

/** The first character in common use of each syllable, in order. */
const FIRSTS =
  "a阿ai哎an安ang肮ao凹ba八bai掰ban扳bang邦bao勹bei卑ben奔beng崩bi逼bian边biao灬bie憋bin玢bing冫" +
  "bo拨bu逋ca嚓cai猜can参cang仓cao操ce册cen岑ceng噌cha叉chai拆chan觇chang伥chao抄che车chen抻cheng柽" +
  "chi吃chong充chou抽chu出chuai揣chuan巛chuang疮chui吹chun春chuo踔ci呲cong匆cou凑cu粗cuan汆cui崔" +
  "cun村cuo搓da哒dai呆dan丹dang当dao刀de得deng灯di氐dian掂diao刁die爹ding丁diu丢dong东dou都du嘟" +
  "duan端dui堆dun吨duo多e婀ei诶en恩er儿fa发fan帆fang匚fei飞fen分feng丰fou缶fu夫ga旮gai该gan甘" +
  "gang冈gao皋ge戈gei给gen根geng庚gong工gou勾gu估gua瓜guai乖guan关guang光gui归gun丨guo呙ha哈hai嗨" +
  "han顸hang夯hao蒿he诃hei黑hen痕heng亨hong轰hou侯hu乎hua花huai怀huan欢huang肓hui灰hun昏huo耠ji丌" +
  "jia加jian戋jiang江jiao艽jie阶jin巾jing京jiong冂jiu纠ju居juan娟jue噘jun军ka咔kai开kan刊kang康" +
  "kao尻ke苛ken肯keng吭kong空kou抠ku枯kua夸kuai蒯kuan宽kuang匡kui亏kun坤kuo扩la垃lai来lan兰lang啷" +
  "lao捞le仂lei雷leng塄li哩lia俩lian奁liang良liao撩lie咧lin拎ling伶liu溜long龙lou娄lu噜lv驴luan娈" +
  "lve掠lun抡luo罗ma妈mai埋man颟mang邙mao猫me么mei枚men门meng虻mi咪mian宀miao喵mie乜min民ming名" +
  "miu谬mo摸mou哞mu毪na拿nai乃nan囡nang囔nao孬ne疒nei馁nen恁neng能n嗯ni妮nian拈niang娘niao鸟nie捏" +
  "nin您ning宁niu妞nong农nou耨nu奴nv女nuan暖nve疟nuo挪o喔ou讴pa趴pai拍pan潘pang乓pao抛pei呸pen喷" +
  "peng怦pi丕pian偏piao剽pie氕pin姘ping乒po钋pou掊pu仆qi七qia掐qian千qiang呛qiao悄qie且qin亲qing青" +
  "qiong邛qiu丘qu区quan悛que缺qun逡ran蚺rang禳rao娆re惹ren人reng扔ri日rong戎rou柔ru如ruan阮rui蕤" +
  "run闰ruo若sa仨sai塞san三sang桑sao搔se色sen森seng僧sha杀shai筛shan山shang伤shao捎she奢shen申" +
  "sheng升shi尸shou收shu书shua刷shuai衰shuan闩shuang双shui水shun吮shuo说si厶song忪sou嗖su苏suan狻" +
  "sui虽sun孙suo唆ta他tai胎tan坍tang汤tao涛te忑teng疼ti剔tian天tiao佻tie帖ting厅tong通tou偷tu凸" +
  "tuan湍tui推tun吞tuo乇wa挖wai歪wan弯wang汪wei危wen温weng翁wo挝wu乌xi夕xia虾xian仙xiang乡xiao枭" +
  "xie些xin心xing星xiong凶xiu休xu吁xuan轩xue削xun勋ya丫yan恹yang央yao幺ye掖yi一yin因ying应yo哟" +
  "yong佣you优yu纡yuan鸢yue曰yun晕za匝zai灾zan糌zang赃zao遭ze则zei贼zen怎zeng增zha扎zhai斋zhan沾" +
  "zhang张zhao钊zhe蜇zhen贞zheng争zhi之zhong中zhou州zhu朱zhua抓zhuai拽zhuan专zhuang妆zhui隹zhun肫" +
  "zhuo拙zi孜zong宗zou邹zu租zuan钻zui嘴zun尊zuo昨";

/** Readings beside the first one, of surnames and of what names are made of; and what is sorted elsewhere. */
const ALSO =
  "乐yue樂yue单shan單shan曾zeng查zha解xie仇qiu区ou區ou盖ge蓋ge翟zhai朴piao缪miao繆miao覃qin郇xun员yun員yun薄bo种chong重chong都du" +
  "折she秘bi繁po祭zhai洗xian么yao召shao尉yu澹tan万mo俟qi句gou朝zhao行hang长chang長chang传zhuan柏bo贾gu沈chen晟sheng茜xi觉jue" +
  "藏zang参shen蔚yu盛cheng省xing卷quan舍she筠jun莞wan娜nuo校jiao仔zai似si拓tuo没mei地di勒lei谁shui咳ke嗲dia伽ga隗kui还huan" +
  "大dai干gan奇ji殷yan佛fo红gong车ju無mo露lou隽jun贲bi牟mu佴nai角jue尹yun乾gan耶ye珲hui铤ting";

const HAN = /\p{Script=Han}/u;
const collator = new Intl.Collator("zh-u-co-pinyin");
const firsts = [...FIRSTS.matchAll(/([a-z]+)(\P{ASCII})/gu)].map(([, syllable, first]) => ({ syllable: syllable!, first: first! }));
const also = new Map([...ALSO.matchAll(/(\P{ASCII})([a-z]+)/gu)].map(([, character, syllable]) => [character!, syllable!]));
/** Whether Chinese is sorted so here. */
const isSorted = firsts.every(({ first }, at) => at === 0 || collator.compare(firsts[at - 1]!.first, first) < 0);
const known = new Map<string, readonly string[]>();

/** The readings of a character; none where it is not Chinese. */
export function readings(character: string): readonly string[] {
  if (!isSorted || !HAN.test(character)) return [];
  let found = known.get(character);
  if (found === undefined) known.set(character, (found = read(character)));
  return found;
}

function read(character: string): string[] {
  let low = 0;
  let high = firsts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (collator.compare(firsts[middle]!.first, character) <= 0) low = middle + 1;
    else high = middle;
  }
  const usual = firsts[low - 1]?.syllable;
  const other = also.get(character);
  const all = [...(usual === undefined ? [] : [usual]), ...(other === undefined ? [] : [other])];
  // `ü` as it is typed, as in passports of old, and as in those of today.
  return all.flatMap((one) => (/^[ln]v/.test(one) ? [one, one.replace("v", "u"), one.replace("v", "yu")] : [one]));
}

/** What of a name is spelled together: a character, or a word in letters. */
interface Unit {
  from: number;
  to: number;
  readings: readonly string[];
}

const UNITS = /\p{Script=Han}|[^\s\p{P}\p{Script=Han}]+/gu;
/** As many of a name, and of what is typed, are looked at. */
const LONGEST = 64;

function unitsOf(name: string): Unit[] {
  const found = [...name.slice(0, LONGEST).matchAll(UNITS)];
  return found.map(({ 0: text, index }) => {
    const spelled = readings(text);
    return { from: index, to: index + text.length, readings: spelled.length > 0 ? spelled : [fold(text)] };
  });
}

/** Where typed letters stand in a name as it is spelled; null: nowhere. The ranks are those of `rank`. */
export function spelled(typed: string, name: string): Spelled | null {
  const letters = fold(typed).replace(/[\s'’]/gu, "").slice(0, LONGEST);
  if (!/^[a-z]/.test(letters) || !HAN.test(name)) return null;
  const units = unitsOf(name);
  for (const isShort of [false, true]) {
    for (let from = 0; from < units.length; from += 1) {
      const end = endOf(letters, 0, units, from, isShort, new Set());
      if (end !== null) return { rank: isShort ? 4 : from === 0 ? 1 : 3, marks: joined(units.slice(from, end)) };
    }
  }
  return null;
}

/** The unit before which the letters are used up; null: they are of something else. `isShort`: first letters count. */
function endOf(letters: string, used: number, units: readonly Unit[], at: number, isShort: boolean, vain: Set<number>): number | null {
  const left = letters.length - used;
  if (left === 0) return at;
  const state = used * LONGEST + at;
  if (at >= units.length || vain.has(state)) return null;
  vain.add(state);
  for (const reading of units[at]!.readings) {
    if (reading.startsWith(letters.slice(used))) return at + 1;
    for (const part of isShort ? [reading, ...initials(reading)] : [reading]) {
      const end = letters.startsWith(part, used) ? endOf(letters, used + part.length, units, at + 1, isShort, vain) : null;
      if (end !== null) return end;
    }
  }
  return null;
}

/** `zhang` begins with `zh`, and with `z`. */
function initials(reading: string): string[] {
  const first = reading.charAt(0);
  return /^[zcs]h/.test(reading) ? [`${first}h`, first] : [first];
}

function joined(units: readonly Unit[]): [number, number][] {
  const marks: [number, number][] = [];
  for (const { from, to } of units) {
    const last = marks.at(-1);
    if (last !== undefined && last[1] === from) last[1] = to;
    else marks.push([from, to]);
  }
  return marks;
}
