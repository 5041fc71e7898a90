import { Answering } from './answering.js';
import { AnswersElsewhere } from './answers-elsewhere.js';
import { ChatRuns } from './chat-runs.js';
import { ChatService } from './chat.service.js';
import { MessageRows } from './message-rows.js';
import { ModelCommands } from './model-commands.js';
import { Pins } from './pins.js';
import { Retention } from './retention.js';
import { SessionRows } from './session-rows.js';
import { SessionSeal } from './session-seal.js';
import { SessionViews } from './session-views.js';
import { SessionsService } from './sessions.service.js';

/** What the edges ask of conversations. */
export const SESSION_SERVICES = [SessionsService, ChatService, ChatRuns, ModelCommands, SessionViews, Retention];

/** What these are made of. */
export const SESSION_PARTS = [SessionRows, MessageRows, SessionSeal, Pins, Answering, AnswersElsewhere];
