/** Signing out, after asking. */
import type { Model } from "../model/model.ts";
import { ask } from "../ui/index.ts";
import { errorText } from "./errors.ts";
import { announce } from "./announce.ts";
import { signOut } from "./session.ts";
import { w } from "./words.ts";

/** Asks, and signs out who agrees. Answers what went wrong; null: nothing did, or who was asked stays. */
export async function leave(model: Model): Promise<string | null> {
  const text = model.client.outgoing().length > 0 ? w.signOutUnsent : w.signOutText;
  if (!(await ask({ title: w.signOutTitle, text, action: w.signOut, isDanger: true }))) return null;
  try {
    await signOut();
    return null;
  } catch (error) {
    announce(errorText(error));
    return errorText(error);
  }
}
