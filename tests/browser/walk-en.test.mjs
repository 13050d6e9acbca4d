// The fifteen steps of the guide in English, into a folder.
import { walkThrough } from "./walk.mjs";

walkThrough({ language: "en", locale: "en-GB", name: "aigerim", folder: true });
