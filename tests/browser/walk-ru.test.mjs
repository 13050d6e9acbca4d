// The fifteen steps of the guide in Russian, by downloads.
import { walkThrough } from "./walk.mjs";

walkThrough({ language: "ru", locale: "ru-RU", name: "daniyar", folder: false });
