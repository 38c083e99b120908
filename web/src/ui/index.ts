/** Small widgets that every page uses. */
export { ask, AskHost } from "./ask.tsx";
export type { Question } from "./ask.tsx";
export { Avatar } from "./Avatar.tsx";
export { Banner } from "./Banner.tsx";
export { Dialog, InPlace } from "./Dialog.tsx";
export type { DialogProps } from "./Dialog.tsx";
export { Icon } from "./Icon.tsx";
export type { IconName } from "./Icon.tsx";
export { IconButton } from "./IconButton.tsx";
export type { IconButtonProps } from "./IconButton.tsx";
export { Segments } from "./Segments.tsx";
export { Switch } from "./Switch.tsx";
export { MenuButton, MenuHost, openMenu } from "./menu.tsx";
export type { MenuItem, MenuOptions, QuickItem } from "./menu.tsx";
