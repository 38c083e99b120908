import { expect, test } from "vitest";
import { readings, spelled } from "./pinyin.ts";

const found = (typed: string, name: string): string | null => {
  const one = spelled(typed, name);
  return one === null ? null : `${one.rank} ${one.marks.map(([from, to]) => name.slice(from, to)).join("|")}`;
};

test.each([
  ["zhangsan", "张三", "1 张三"], ["zhang", "张三", "1 张"], ["zha", "张三", "1 张"], ["san", "张三", "3 三"],
  ["zs", "张三", "4 张三"], ["zhs", "张三", "4 张三"], ["zhangs", "张三", "1 张三"], ["zsan", "张三", "4 张三"], ["zhangsi", "张三", null],
  ["wangxm", "王小明", "4 王小明"], ["xm", "王小明", "4 小明"], ["wm", "王小明", null],
  ["zeng", "曾国藩", "1 曾"], ["ceng", "曾国藩", "1 曾"], ["lvbu", "吕布", "1 吕布"], ["lubu", "吕布", "1 吕布"], ["lyubu", "吕布", "1 吕布"],
  ["amy", "李Amy", "3 Amy"], ["liam", "李Amy", "1 李Amy"], ["xi'an", "西安", "1 西安"], ["xian", "西安", "1 西安"], ["ou yang", "欧阳娜娜", "1 欧阳"],
  ["ann", "Ann", null], ["张", "张三", null], ["", "张三", null], ["3", "张3", null], ["wx", "王·小明", "4 王|小"],
])("%j in %j: %j", (typed, name, as) => {
  expect(found(typed, name)).toBe(as);
});

test("characters are spelled as the server spells them", () => {
  const names = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳";
  const as =
    "zhao qian sun li zhou wu zheng wang feng chen chu wei jiang shen han yang zhu qin you xu he lv shi zhang kong cao yan hua jin wei " +
    "tao jiang qi xie zou yu bai shui dou zhang yun su pan ge xi fan peng lang lu wei chang ma miao feng hua fang yu ren yuan liu";
  expect(Array.from(names, (name) => readings(name)[0]).join(" ")).toBe(as);
});

test("time does not grow with what letters could mean", () => {
  const time = (): number => {
    const begun = performance.now();
    expect(spelled(`${"z".repeat(63)}x`, "张".repeat(64))).toBeNull();
    return performance.now() - begun;
  };
  // A busy machine may be slow three times running, but not that slow.
  expect(Math.min(time(), time(), time())).toBeLessThan(200);
});
