/** A dialog to choose some people, perhaps with a name for what they make. */
import { createMemo, createSignal, Show } from "solid-js";
import type { JSX } from "solid-js";
import { errorText } from "../app/errors.ts";
import { ofPerson } from "../list/candidates.ts";
import type { Candidate } from "../list/candidates.ts";
import { ChooseMany } from "../list/ChooseMany.tsx";
import { createEverybody } from "../list/pages.ts";
import { useModel } from "../model/model.ts";
import { Avatar } from "../ui/index.ts";
import "./group.css";
import { w } from "./words.ts";

/** At a time, as the server has it. */
const MOST = 100;

export interface ChoosePeopleProps {
  title: string;
  /** What the button that does it says. */
  action: string;
  /** Asked for too; what is suggested for these people where nothing is typed. */
  suggestName?: (users: readonly number[]) => string;
  /** Whether somebody cannot be chosen. */
  isTaken(user: number): boolean;
  /** Does it. What it rejects with is told, and the dialog stays. */
  onDone(users: readonly number[], name: string): Promise<void>;
  onClose(): void;
}

export function ChoosePeople(props: ChoosePeopleProps): JSX.Element {
  const model = useModel();
  const [name, setName] = createSignal("");
  const everybody = createEverybody();
  const known = createMemo(() => everybody.people().map((person) => ofPerson(model, person)));
  const suggested = (chosen: readonly Candidate[]) => props.suggestName?.(chosen.map(({ id }) => id)) ?? "";
  const status = () => {
    if (everybody.isLoading()) return w.loading;
    const failed = everybody.problem();
    return failed === null ? undefined : model.connection().kind === "online" ? errorText(failed) : w.findingPeople;
  };
  return (
    <ChooseMany
      title={props.title} hint={w.people} action={props.action} known={known()} most={MOST} status={status()}
      isFree={({ place, id }) => "to" in place && id !== model.me()?.id && !props.isTaken(id)}
      isReady={(chosen) => chosen.length > 0 || name().trim() !== ""}
      onEnd={() => void everybody.more()}
      onDone={(chosen) => props.onDone(chosen.map(({ id }) => id), name().trim() === "" ? suggested(chosen) : name().trim())}
      onClose={() => props.onClose()}
      before={(chosen) => (
        <Show when={props.suggestName}>
          <div class="choose-name">
            <Avatar id={model.me()?.id ?? 0} name={name().trim() || suggested(chosen()) || w.newGroup} size="m" isGroup />
            <input
              class="input" name="name" aria-label={w.groupName} placeholder={suggested(chosen()) || w.groupName} maxlength="100" autocomplete="off" dir="auto"
              onInput={(event) => setName(event.currentTarget.value)}
            />
          </div>
        </Show>
      )}
    />
  );
}
