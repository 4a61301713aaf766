import type { Pulse } from "../../dashboard/ui/cockpit/watch.js";

declare global {
  interface Window {
    /** What the cockpit's pulse told last; two components share it. */
    cockpitPulse?: Pulse;
  }
}
