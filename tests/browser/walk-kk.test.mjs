// The fifteen steps of the guide in Kazakh, into a folder.
import { walkThrough } from "./walk.mjs";

walkThrough({ language: "kk", locale: "kk-KZ", name: "aigerim", folder: true });
